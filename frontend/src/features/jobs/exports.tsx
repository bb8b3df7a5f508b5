"use client";

import { Download } from "lucide-react";
import { api, type Schemas } from "@/api/client";
import { useAction } from "@/api/use-action";
import { bytes, percent } from "@/lib/format";
import { Badge, Status } from "@/ui/badge";
import { Button } from "@/ui/button";
import { DataTable } from "@/ui/table";
import { Ago } from "@/ui/time";
import { follow } from "./use-sheet";

type Export = Schemas["ExportOut"];

/** Files that were asked for, the newest first. */
export function Exports({ items }: { items: Export[] }) {
  return (
    <DataTable
      label="Files"
      rows={items}
      id={(file) => file.id}
      columns={[
        {
          title: "File",
          cell: (file) => (
            <span className="flex flex-wrap items-center gap-x-2">
              <span className="break-all">{file.filename}</span>
              {file.flat && <Badge>Readable</Badge>}
              {file.partial && <Badge tone="warn">Partial</Badge>}
            </span>
          ),
        },
        { title: "State", cell: (file) => <State file={file} /> },
        {
          title: "Size",
          numeric: true,
          from: "sm",
          cell: (file) => (file.size_bytes === null ? "" : bytes(file.size_bytes)),
        },
        { title: "Asked for", from: "md", cell: (file) => <Ago at={file.created_at} /> },
        { title: "", label: "Download", numeric: true, cell: (file) => <Get file={file} /> },
      ]}
    />
  );
}

function State({ file }: { file: Export }) {
  if (file.state === "ready") return <Status tone="good">Ready</Status>;
  if (file.state === "failed") {
    return (
      <>
        <Status tone="bad">Failed</Status>
        <div className="text-[0.8125rem] text-ink-soft">{file.problem?.detail}</div>
      </>
    );
  }
  return (
    <Status tone="accent" live>
      Writing, {percent(file.progress)}
    </Status>
  );
}

/** Links end after some minutes: each download takes a fresh one. */
function Get({ file }: { file: Export }) {
  const get = useAction(async () => {
    const params = { path: { export_id: file.id } };
    const { data } = await api.GET("/v1/exports/{export_id}", { params });
    if (data?.download_url) follow(data.download_url);
  });
  if (file.state !== "ready") return null;
  return (
    <Button size="sm" icon={<Download aria-hidden />} busy={get.isPending} onClick={() => get.mutate()}>
      Download
    </Button>
  );
}
