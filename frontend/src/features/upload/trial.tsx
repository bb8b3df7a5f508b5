"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { $api } from "@/api/client";
import { useIsLive } from "@/api/live";
import { Failure, Loaded, Notice, SkeletonRows } from "@/ui/states";
import { TriedRow } from "./tried-row";

/** What came out of trying a few rows; they appear one by one. */
export function Trial({ id }: { id: string }) {
  const live = useIsLive();
  const path = { job_id: id };
  const job = $api.useQuery(
    "get",
    "/v1/jobs/{job_id}",
    { params: { path } },
    { refetchInterval: ({ state }) => (state.data?.finished_at ? false : live ? 5_000 : 2_000) },
  );
  const done = job.data?.rows_done ?? 0;
  const ended = Boolean(job.data?.finished_at);
  const rows = $api.useQuery(
    "get",
    "/v1/jobs/{job_id}/rows",
    { params: { path, query: { include: "cells" } } },
    { enabled: job.data !== undefined, refetchInterval: ended ? false : 5_000 },
  );
  const queries = useQueryClient();
  useEffect(() => {
    if (ended) void queries.invalidateQueries({ queryKey: ["post", "/v1/quotes"] });
  }, [ended, queries]);
  const waits = (job.data?.rows_total ?? 3) - (rows.data?.items.length ?? 0);
  if (job.error) return <Failure error={job.error} retry={() => void job.refetch()} />;
  return (
    <section aria-label="Tried rows" aria-busy={!ended} className="flex flex-col">
      {job.data?.waiting && <Notice tone="warn">{job.data.waiting.message}</Notice>}
      <Loaded query={rows} skeleton={<SkeletonRows rows={done > 0 ? done : 3} />}>
        {({ items }) => (
          <>
            {items.map((row) => (
              <TriedRow key={row.row_no} row={row} />
            ))}
            {!ended && waits > 0 && <SkeletonRows rows={waits} />}
          </>
        )}
      </Loaded>
    </section>
  );
}
