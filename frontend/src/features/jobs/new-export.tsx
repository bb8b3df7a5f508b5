"use client";

import { useState } from "react";
import { api, type Schemas } from "@/api/client";
import { useAction } from "@/api/use-action";
import { useMay } from "@/session/me";
import { Button } from "@/ui/button";
import { Checkbox, Choices } from "@/ui/field";
import type { JobOut } from "./states";
import { EXPORTS_KEY } from "./use-sheet";

/** Has another sheet written. Asked twice for the same results, it is the same one. */
export function NewExport({ job }: { job: JobOut }) {
  const may = useMay("jobs");
  const [format, setFormat] = useState<"xlsx" | "csv">("xlsx");
  const [flat, setFlat] = useState(false);
  const ask = useAction(
    async (sheet: Schemas["SheetIn"], key) =>
      (
        await api.POST("/v1/jobs/{job_id}/exports", {
          body: sheet,
          params: { path: { job_id: job.id }, header: { "Idempotency-Key": key } },
        })
      ).data!,
    { refresh: [[...EXPORTS_KEY]] },
  );
  if (!may) return null;
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <Checkbox
        label="Research in readable columns"
        checked={flat}
        onChange={(event) => setFlat(event.target.checked)}
      />
      <Choices
        label="Format"
        value={format}
        options={[
          { value: "xlsx", label: "XLSX" },
          { value: "csv", label: "CSV" },
        ]}
        onChange={setFormat}
      />
      <Button size="sm" busy={ask.isPending} onClick={() => ask.mutate({ format, flat })}>
        Write a file
      </Button>
    </div>
  );
}
