"use client";

import { useQueryClient } from "@tanstack/react-query";
import { api } from "@/api/client";
import { useAction } from "@/api/use-action";
import type { JobOut } from "./states";
import { JOB_KEY } from "./use-job";

export type Turn = "pause" | "resume" | "cancel" | "finish" | "rerun";

const DONE: Record<Turn, string> = {
  pause: "Paused. Rows in hand are finished first.",
  resume: "It goes on.",
  cancel: "Cancelled. What was delivered stays.",
  finish: "The sheet is being written with what there is.",
  rerun: "Begun once more with the rows that were not completed.",
};

/** A turn that a person gives a job. The answer is the job as it is then. */
export function useTurn(job: JobOut, onDone?: () => void) {
  const queries = useQueryClient();
  return useAction(
    async (turn: Turn) => {
      const params = { path: { job_id: job.id } };
      const answer = (await api.POST(`/v1/jobs/{job_id}/${turn}`, { params })).data!;
      queries.setQueryData(["get", "/v1/jobs/{job_id}", { params }], answer);
      return turn;
    },
    { refresh: [[...JOB_KEY], ["get", "/v1/jobs/{job_id}/log"]], done: (turn) => DONE[turn], onDone },
  );
}
