"use client";

import { ChevronLeft, ChevronRight } from "lucide-react";
import type { KeyboardEvent } from "react";
import { $api, type Schemas } from "@/api/client";
import { count } from "@/lib/format";
import { Badge } from "@/ui/badge";
import { IconButton } from "@/ui/button";
import { SidePanel } from "@/ui/dialog";
import { Loaded, Notice, SkeletonRows } from "@/ui/states";
import { RowState } from "../job-state";
import type { Row } from "../rows/read-rows";
import { whoOf } from "../rows/who";
import type { JobOut } from "../states";
import { Cells } from "./cells";
import { Evidence } from "./evidence";
import { ExtraColumns } from "./extra-columns";
import { Line } from "./line";
import { LineHistory } from "./line-history";
import { Part } from "./part";
import { Product } from "./product";
import { RerunRow } from "./rerun-row";
import { RowReceipt } from "./row-receipt";

type Props = {
  job: JobOut;
  rowNo: number;
  columns: Schemas["UploadOut"]["columns"] | undefined;
  /** The last row there is; null where rows have gaps between them, and there is no next one to go to. */
  last: number | null;
  onGo: (rowNo: number) => void;
  onClose: () => void;
};

/** All there is to one row, beside the list: its line, what backs it, what was added, and what it took. */
export default function RowPanel({ job, rowNo, columns, last, onGo, onClose }: Props) {
  const query = $api.useQuery("get", "/v1/jobs/{job_id}/rows/{row_no}", {
    params: { path: { job_id: job.id, row_no: rowNo }, query: { include: "cells" } },
  });
  const { person, title, company } = whoOf(query.data?.cells, columns);
  const go = (by: number) => last !== null && rowNo + by >= 1 && rowNo + by <= last && onGo(rowNo + by);
  const press = (event: KeyboardEvent) => {
    const isTyping = (event.target as HTMLElement).matches("input,select,textarea");
    if (isTyping || event.metaKey || event.ctrlKey || event.altKey) return;
    if (event.key === "j") go(1);
    if (event.key === "k") go(-1);
  };
  return (
    <SidePanel
      open
      onClose={onClose}
      title={person || `Row ${count(rowNo)}`}
      description={[title, company].filter(Boolean).join(", ") || undefined}
    >
      <div onKeyDown={press}>
        <div className="mb-4 flex items-center gap-3 border-b pb-2">
          {query.data && <RowState status={query.data.status} />}
          {isSandboxed(query.data) && <Badge tone="warn">Sandbox</Badge>}
          <span className="flex-1" />
          <span className="text-ink-faint num">Row {count(rowNo)}</span>
          {last !== null && (
            <span className="flex">
              <IconButton label="Row before (k)" disabled={rowNo <= 1} onClick={() => go(-1)}>
                <ChevronLeft aria-hidden />
              </IconButton>
              <IconButton label="Next row (j)" disabled={rowNo >= last} onClick={() => go(1)}>
                <ChevronRight aria-hidden />
              </IconButton>
            </span>
          )}
        </div>
        <Loaded query={query} skeleton={<SkeletonRows />}>
          {(row) => <Parts key={row.row_no} job={job} row={row} />}
        </Loaded>
      </div>
    </SidePanel>
  );
}

function Parts({ job, row }: { job: JobOut; row: Row }) {
  return (
    <div>
      {row.reason && (
        <Notice tone={row.status === "failed" ? "bad" : "warn"} title={WHY[row.status]} className="mb-5">
          {sentence(row.reason)}
        </Notice>
      )}
      {row.status === "pending" && <p className="mb-5 text-ink-soft">Nobody has got to this row yet.</p>}
      {row.line !== null && <Line job={job} row={row} />}
      {row.product && <Product product={row.product} />}
      <Evidence row={row} />
      <ExtraColumns extra={row.extra} />
      <Cells cells={row.cells} />
      <RerunRow job={job} row={row} />
      {row.revision && job.kind !== "trial" && (
        <Part title="History of the line" folded>
          <LineHistory jobId={job.id} row={row} />
        </Part>
      )}
      <RowReceipt receipt={row.receipt} />
    </div>
  );
}

const WHY: Record<string, string> = {
  degraded: "A plain line, free of charge",
  failed: "It could not be researched, and cost nothing",
  skipped: "Skipped, and cost nothing",
};

const REASONS: Record<string, string> = {
  not_reached: "The list was ended before its turn came.",
  not_selected: "It was not among the rows that were ordered.",
};

function sentence(reason: string): string {
  if (REASONS[reason]) return REASONS[reason];
  const whole = reason.charAt(0).toUpperCase() + reason.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}

function isSandboxed(row: Row | undefined): boolean {
  return row?.research?.sandboxed === true;
}
