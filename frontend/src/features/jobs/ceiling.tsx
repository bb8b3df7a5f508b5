"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { count } from "@/lib/format";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Input } from "@/ui/field";
import { Failure, Loaded, Skeleton } from "@/ui/states";
import type { JobOut } from "./states";
import { JOB_KEY } from "./use-job";

/** Lets a job spend more, or less. The change counts only if the job is still as it is shown here. */
export default function Ceiling({ job, onClose }: { job: JobOut; onClose: () => void }) {
  const params = { path: { job_id: job.id } };
  const seen = useQuery({
    queryKey: ["ceiling", job.id],
    queryFn: async () => {
      const { data, response } = await api.GET("/v1/jobs/{job_id}", { params });
      return { job: data!, etag: response.headers.get("ETag") };
    },
    gcTime: 0,
    staleTime: Infinity,
  });
  const [typed, setTyped] = useState<string | null>(null);
  const change = useAction(
    async (ceiling: number) =>
      (
        await api.PATCH("/v1/jobs/{job_id}", {
          body: { ceiling_credits: ceiling },
          params: { ...params, header: { "If-Match": seen.data?.etag } },
        })
      ).data!,
    {
      quiet: true,
      done: "The ceiling is changed.",
      onDone: onClose,
      onRefused: ({ status }) => status === 412 && void seen.refetch(),
      refresh: [[...JOB_KEY]],
    },
  );
  return (
    <Dialog
      open
      onClose={onClose}
      title="The most it may spend"
      description="With all of it spent the job waits for you."
      actions={
        <>
          <Button onClick={onClose}>Leave it</Button>
          <Button look="primary" type="submit" form="ceiling" busy={change.isPending} disabled={!seen.data}>
            Set the ceiling
          </Button>
        </>
      }
    >
      <Loaded query={seen} skeleton={<Skeleton className="h-8" />}>
        {({ job: now }) => (
          <form
            id="ceiling"
            onSubmit={(event) => {
              event.preventDefault();
              change.mutate(Number(typed ?? now.ceiling_credits ?? now.credits_held));
            }}
          >
            <Field
              label="Credits in all"
              hint={`${count(now.credits_total)} are charged so far and ${count(now.credits_held)} are set aside; all rows need at most ${count(now.credits_needed)}.`}
            >
              <Input
                autoFocus
                required
                type="number"
                inputMode="numeric"
                min={1}
                value={typed ?? String(now.ceiling_credits ?? now.credits_held)}
                onChange={(event) => setTyped(event.target.value)}
              />
            </Field>
          </form>
        )}
      </Loaded>
      {change.error && <Failure error={change.error} className="mt-4" />}
    </Dialog>
  );
}
