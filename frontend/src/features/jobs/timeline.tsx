"use client";

import { $api, PAGED } from "@/api/client";
import { cx } from "@/lib/cx";
import { usePeople } from "@/session/people";
import { Loaded } from "@/ui/states";
import { Rest } from "@/ui/table";
import { Instant } from "@/ui/time";
import { type JobOut, stateOf } from "./states";

const DOTS = { neutral: "bg-ink-faint", accent: "bg-accent", good: "bg-good", warn: "bg-warn", bad: "bg-bad" };

/** What happened to a job, in order, and by whom. */
export default function Timeline({ job }: { job: JobOut }) {
  const nameOf = usePeople();
  const log = $api.useInfiniteQuery(
    "get",
    "/v1/jobs/{job_id}/log",
    { params: { path: { job_id: job.id }, query: {} } },
    PAGED,
  );
  return (
    <Loaded query={log}>
      {({ pages }) => (
        <>
          <ol aria-label="Timeline" className="max-w-3xl">
            {pages
              .flatMap((page) => page.items)
              .map((entry) => (
                <li key={entry.id} className="relative flex gap-4 pb-5 last:pb-0 [&:last-child>.rail]:hidden">
                  <span aria-hidden className="rail absolute top-4 bottom-0 left-[3px] w-px bg-line-strong" />
                  <span
                    aria-hidden
                    className={cx("mt-[7px] size-[7px] shrink-0 rounded-full", DOTS[stateOf(entry.state).tone])}
                  />
                  <div className="min-w-0 flex-1 sm:flex sm:justify-between sm:gap-6">
                    <p>
                      {entry.sentence}
                      {entry.user_id && <span className="text-ink-faint"> {nameOf(entry.user_id)}</span>}
                    </p>
                    <span className="text-ink-faint">
                      <Instant at={entry.at} />
                    </span>
                  </div>
                </li>
              ))}
          </ol>
          <Rest more={log} />
        </>
      )}
    </Loaded>
  );
}
