"use client";

import { RotateCw } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useMay } from "@/session/me";
import { Button } from "@/ui/button";
import type { Row } from "../rows/read-rows";
import { isEnded, type JobOut } from "../states";
import { Part } from "./part";

const RerunForm = dynamic(() => import("./rerun-form"));

/** Another go at one row of a list that has ended, with other wishes for its line. The price is said first. */
export function RerunRow({ job, row }: { job: JobOut; row: Row }) {
  const may = useMay("jobs");
  const [isOpen, setOpen] = useState(false);
  if (!may || job.kind !== "list" || row.status === "pending" || job.started_at === null) return null;
  return (
    <Part title="Once more">
      {isOpen ? (
        <RerunForm job={job} row={row} onClose={() => setOpen(false)} />
      ) : (
        <div className="flex flex-wrap items-center gap-3">
          <Button
            size="sm"
            icon={<RotateCw aria-hidden />}
            disabled={!isEnded(job)}
            title={isEnded(job) ? undefined : "When the list has ended"}
            onClick={() => setOpen(true)}
          >
            Research this row again…
          </Button>
          <span className="text-[0.8125rem] text-ink-faint">
            {isEnded(job) ? "With another tone or offer, if you like." : "Possible when the list has ended."}
          </span>
        </div>
      )}
    </Part>
  );
}
