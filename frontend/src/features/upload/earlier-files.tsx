"use client";

import { Trash2 } from "lucide-react";
import { useState } from "react";
import { $api, PAGED, type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { bytes, count, percent } from "@/lib/format";
import { useMay } from "@/session/me";
import { Badge, Status } from "@/ui/badge";
import { Button, IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Loaded } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { Ago } from "@/ui/time";
import { discardTransfer } from "./discard-transfer";

type Item = Schemas["UploadItem"];

/** What was brought before: to go on with, or to be used again. */
export function EarlierFiles() {
  const may = useMay("jobs");
  const [asked, setAsked] = useState<Item | null>(null);
  const files = $api.useInfiniteQuery("get", "/v1/uploads", { params: { query: { limit: 20 } } }, PAGED);
  const remove = useAction(
    async ({ id, state }: Item) => {
      if (state === "receiving") await discardTransfer(id);
      else await api.DELETE("/v1/uploads/{upload_id}", { params: { path: { upload_id: id } } });
      return id;
    },
    { refresh: [["get", "/v1/uploads"]], done: "The file was deleted.", onDone: () => setAsked(null) },
  );
  return (
    <>
      <Loaded query={files}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          if (items.length === 0) return <p className="text-ink-faint">None yet. What you bring is kept here.</p>;
          return (
            <DataTable
              label="Earlier files"
              rows={items}
              id={(file) => file.id}
              href={(file) => `/upload?id=${file.id}`}
              more={files}
              columns={[
                {
                  title: "File",
                  className: "max-w-0 w-full",
                  cell: (file) => (
                    <span className="flex items-center gap-2">
                      <span className="truncate">{file.filename}</span>
                      {file.sandboxed && <Badge tone="warn">Sandbox</Badge>}
                    </span>
                  ),
                },
                { title: "State", cell: stateOf },
                {
                  title: "Rows",
                  numeric: true,
                  from: "sm",
                  cell: (file) =>
                    file.row_count === null || file.row_count === undefined ? "–" : count(file.row_count),
                },
                { title: "Size", numeric: true, from: "md", cell: (file) => bytes(file.size_bytes) },
                { title: "Added", from: "md", cell: (file) => <Ago at={file.created_at} /> },
                {
                  title: "",
                  label: "Actions",
                  className: "py-1",
                  cell: (file) => (
                    <IconButton label={`Delete ${file.filename}`} disabled={!may} onClick={() => setAsked(file)}>
                      <Trash2 aria-hidden />
                    </IconButton>
                  ),
                },
              ]}
            />
          );
        }}
      </Loaded>
      <Dialog
        open={asked !== null}
        onClose={() => setAsked(null)}
        title={`Delete ${asked?.filename}?`}
        description="The file and what was read of it are gone for good. A file that a job was made from stays until the job is deleted."
        actions={
          <>
            <Button onClick={() => setAsked(null)}>Keep it</Button>
            <Button look="danger" busy={remove.isPending} onClick={() => asked && remove.mutate(asked)}>
              Delete file
            </Button>
          </>
        }
      />
    </>
  );
}

function stateOf(file: Item) {
  switch (file.state) {
    case "receiving":
      return <Status tone="warn">Broken off at {percent(file.received_bytes / Math.max(1, file.size_bytes))}</Status>;
    case "reading":
      return (
        <Status tone="accent" live>
          Being read
        </Status>
      );
    case "refused":
      return <Status tone="bad">Cannot be read</Status>;
    default:
      return <Status tone="good">Ready</Status>;
  }
}
