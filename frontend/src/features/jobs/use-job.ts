"use client";

import { useQueryClient } from "@tanstack/react-query";
import { $api } from "@/api/client";
import { useLiveEvents } from "@/api/live";
import type { JobOut } from "./states";

/** The beginning of every key under which parts of one job are kept. */
export const JOB_KEY = ["get", "/v1/jobs"] as const;
const ONE = "/v1/jobs/{job_id}";
const COUNTS = [
  "state",
  "rows_total",
  "rows_done",
  "rows_enriched",
  "rows_degraded",
  "rows_failed",
  "rows_skipped",
  "rows_per_second",
  "eta_seconds",
  "credits_total",
] as const;

/** One job. Its counts move with every event that tells of them, before it is looked at again. */
export function useJob(id: string) {
  const queries = useQueryClient();
  const wish = { params: { path: { job_id: id } } };
  const job = $api.useQuery("get", ONE, wish);
  useLiveEvents(({ type, data }) => {
    if (type !== "ingest.job.progressed" || data.job_id !== id) return;
    queries.setQueryData<JobOut>(["get", ONE, wish], (known) => known && advanced(known, data));
  });
  return job;
}

function advanced(job: JobOut, told: Record<string, unknown>): JobOut {
  if (typeof told.job_version !== "number" || told.job_version <= job.version) return job;
  const counts = Object.fromEntries(COUNTS.filter((name) => name in told).map((name) => [name, told[name]]));
  // A reason to wait is one of the state it was told in; a new one comes with the next look at the job.
  const waiting = told.state === undefined || told.state === job.state ? job.waiting : null;
  return { ...job, ...counts, waiting, version: told.job_version };
}
