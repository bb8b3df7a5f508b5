"use client";

import { Check, PenLine, Undo2 } from "lucide-react";
import { useState } from "react";
import { useMay } from "@/session/me";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { Failure } from "@/ui/states";
import { Ago } from "@/ui/time";
import type { Row } from "../rows/read-rows";
import type { JobOut } from "../states";
import { LineEditor } from "./line-editor";
import { Part } from "./part";
import { useLine } from "./use-line";

/** The row's opening line: read, edited, approved, or taken back to as it was written. */
export function Line({ job, row }: { job: JobOut; row: Row }) {
  const may = useMay("jobs") && job.kind !== "trial" && row.revision !== null && row.revision !== undefined;
  const [isEditing, setEditing] = useState(false);
  const change = useLine(job.id, row, () => setEditing(false));
  const isApproved = row.approved_at !== null && row.approved_at !== undefined;
  const isEdited = row.edited_at !== null && row.edited_at !== undefined;
  return (
    <Part title="Line" aside={isEdited && <Badge>Edited</Badge>}>
      {isEditing ? (
        <LineEditor
          line={row.line ?? ""}
          change={change}
          onSave={(line, approved) => change.mutate(approved ? { line, approved } : { line })}
          onLeave={() => setEditing(false)}
        />
      ) : (
        <>
          <div className="flex items-start gap-2">
            <p className="min-w-0 flex-1 text-[0.9375rem] leading-relaxed">{row.line}</p>
            <CopyButton text={row.line ?? ""} label="Copy the line" />
          </div>
          {isEdited && row.written_line && row.written_line !== row.line && (
            <p className="mt-2 border-l-2 pl-3 text-ink-faint">As it was written: {row.written_line}</p>
          )}
          {change.error && <Failure error={change.error} className="mt-3" />}
          <div className="mt-3 flex flex-wrap items-center gap-2">
            {isApproved && (
              <span className="mr-1 inline-flex items-center gap-1.5 text-good">
                <Check aria-hidden className="size-4" />
                <span>
                  Approved <Ago at={row.approved_at!} />
                </span>
              </span>
            )}
            {may && !isApproved && (
              <Button
                look="primary"
                size="sm"
                icon={<Check aria-hidden />}
                busy={change.isPending}
                onClick={() => change.mutate({ approved: true })}
              >
                Approve
              </Button>
            )}
            {may && (
              <Button size="sm" icon={<PenLine aria-hidden />} onClick={() => setEditing(true)}>
                Edit
              </Button>
            )}
            {may && isApproved && (
              <Button look="quiet" size="sm" onClick={() => change.mutate({ approved: false })}>
                Take the approval back
              </Button>
            )}
            {may && isEdited && (
              <Button look="quiet" size="sm" icon={<Undo2 aria-hidden />} onClick={() => change.mutate({ line: null })}>
                Back to the written line
              </Button>
            )}
          </div>
        </>
      )}
    </Part>
  );
}
