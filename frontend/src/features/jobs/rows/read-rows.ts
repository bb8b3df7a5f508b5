import { api, type Schemas } from "@/api/client";
import type { Asked } from "./filters";

export type Row = Schemas["JobRowOut"];

/** Rows are looked at again when this page says so, not with every event of any job. */
export const rowsKey = (jobId: string) => ["job-rows", jobId] as const;

/** A page of rows with their cells, from behind row number `after`; their research comes with each row's own page. */
export async function readRows(
  jobId: string,
  { after, limit, asked = {}, signal }: { after: number; limit: number; asked?: Asked; signal: AbortSignal },
): Promise<Schemas["JobRowPage"]> {
  const query = { ...asked, cursor: after, limit, include: "cells" as const, view: "brief" as const };
  const answer = await api.GET("/v1/jobs/{job_id}/rows", { params: { path: { job_id: jobId }, query }, signal });
  return answer.data!;
}
