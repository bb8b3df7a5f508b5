"use client";

import { $api } from "@/api/client";
import { usePeople } from "@/session/people";
import { Badge } from "@/ui/badge";
import { Loaded, Skeleton } from "@/ui/states";
import { Ago } from "@/ui/time";
import type { Row } from "../rows/read-rows";

/** Who has made what of a row's line, the newest first. */
export function LineHistory({ jobId, row }: { jobId: string; row: Row }) {
  const nameOf = usePeople();
  const log = $api.useQuery("get", "/v1/jobs/{job_id}/rows/{row_no}/line-log", {
    params: { path: { job_id: jobId, row_no: row.row_no } },
  });
  return (
    <Loaded query={log} skeleton={<Skeleton className="w-1/2" />}>
      {({ items }) =>
        items.length === 0 ? (
          <p className="text-ink-soft">It stands as it was written.</p>
        ) : (
          <ol className="flex flex-col gap-3">
            {items.map((turn) => (
              <li key={`${turn.attempt}-${turn.version}`}>
                <div className="flex items-center gap-2 text-[0.8125rem] text-ink-faint">
                  {nameOf(turn.user_id)} · <Ago at={turn.at} />
                  {turn.approved && <Badge tone="good">Approved</Badge>}
                </div>
                <p>{turn.line}</p>
              </li>
            ))}
          </ol>
        )
      }
    </Loaded>
  );
}
