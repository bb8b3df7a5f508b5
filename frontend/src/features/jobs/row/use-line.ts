"use client";

import { useQueryClient } from "@tanstack/react-query";
import { api, type Schemas } from "@/api/client";
import { useAction } from "@/api/use-action";
import { type Row, rowsKey } from "../rows/read-rows";

const ROW_KEY = ["get", "/v1/jobs/{job_id}/rows/{row_no}"];
const LOG_KEY = ["get", "/v1/jobs/{job_id}/rows/{row_no}/line-log"];

type Change = { line?: string | null; approved?: boolean };

/** Changes a row's line, as long as it is still as it was seen: somebody else's change is shown, and nothing is overwritten. */
export function useLine(jobId: string, row: Row, onDone: (row: Row) => void) {
  const queries = useQueryClient();
  return useAction(
    async (change: Change) => {
      const body: Schemas["LineIn"] = { revision: row.revision!, ...change };
      return (
        await api.PATCH("/v1/jobs/{job_id}/rows/{row_no}", {
          body,
          params: { path: { job_id: jobId, row_no: row.row_no } },
        })
      ).data!;
    },
    {
      quiet: true,
      onDone,
      onRefused: ({ code }) => code === "row_changed" && void queries.invalidateQueries({ queryKey: ROW_KEY }),
      refresh: [ROW_KEY, LOG_KEY, [...rowsKey(jobId)]],
    },
  );
}
