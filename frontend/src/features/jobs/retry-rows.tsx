"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { count } from "@/lib/format";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Checkbox, Field, Input } from "@/ui/field";
import { Failure } from "@/ui/states";
import { type JobOut, countsOf } from "./states";
import { JOB_KEY } from "./use-job";

type Wish = { include_degraded: boolean; include_not_reached: boolean; ceiling_credits: number | null };

/** Has the rows of an ended list that came to nothing researched once more. */
export default function RetryRows({ job, onClose }: { job: JobOut; onClose: () => void }) {
  const router = useRouter();
  const counts = countsOf(job);
  const [degraded, setDegraded] = useState(counts.degraded > 0);
  const [notReached, setNotReached] = useState(false);
  const [ceiling, setCeiling] = useState("");
  const retry = useAction(
    async (wish: Wish, key) =>
      (
        await api.POST("/v1/jobs/{job_id}/retry", {
          body: wish,
          params: { path: { job_id: job.id }, header: { "Idempotency-Key": key } },
        })
      ).data!,
    {
      quiet: true,
      done: "The rows are being researched again.",
      onDone: (made) => router.push(`/job?id=${made.id}`),
      refresh: [[...JOB_KEY]],
    },
  );
  return (
    <Dialog
      open
      onClose={onClose}
      title="Retry rows"
      description="The better outcome of each row counts. Rows that are enriched already are left alone."
      actions={
        <>
          <Button onClick={onClose}>Not now</Button>
          <Button look="primary" type="submit" form="retry-rows" busy={retry.isPending}>
            Retry rows
          </Button>
        </>
      }
    >
      <form
        id="retry-rows"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          retry.mutate({
            include_degraded: degraded,
            include_not_reached: notReached,
            ceiling_credits: ceiling === "" ? null : Number(ceiling),
          });
        }}
      >
        <Checkbox label={`Failed rows (${count(counts.failed)})`} checked disabled />
        <Checkbox
          label={`Degraded rows (${count(counts.degraded)})`}
          hint="Rows that got a plain line, because nothing better could be backed by a source."
          checked={degraded}
          onChange={(event) => setDegraded(event.target.checked)}
        />
        <Checkbox
          label="Rows that nobody got to"
          hint="What was left when the list was finished early or cancelled."
          checked={notReached}
          onChange={(event) => setNotReached(event.target.checked)}
        />
        <Field
          label="Spend at most"
          aside="Optional"
          hint={`Credits. A row costs ${count(job.credits_per_row)} when it comes out enriched, nothing otherwise.`}
        >
          <Input
            type="number"
            inputMode="numeric"
            min={1}
            value={ceiling}
            onChange={(event) => setCeiling(event.target.value)}
          />
        </Field>
        {retry.error && <Failure error={retry.error} />}
      </form>
    </Dialog>
  );
}
