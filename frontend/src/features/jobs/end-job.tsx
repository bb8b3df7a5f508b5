"use client";

import { useRouter } from "next/navigation";
import { api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { count, plural } from "@/lib/format";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Failure } from "@/ui/states";
import { type JobOut, countsOf } from "./states";
import { JOB_KEY } from "./use-job";
import { useTurn } from "./use-turn";

type How = "cancel" | "finish" | "delete";

/** Ends a job, or takes it away, after saying what stays and what is lost. */
export default function EndJob({ job, how, onClose }: { job: JobOut; how: How; onClose: () => void }) {
  const router = useRouter();
  const turn = useTurn(job, onClose);
  const remove = useAction(
    async () => void (await api.DELETE("/v1/jobs/{job_id}", { params: { path: { job_id: job.id } } })),
    { done: `${job.filename} is deleted`, quiet: true, onDone: () => router.replace("/jobs"), refresh: [[...JOB_KEY]] },
  );
  const action = how === "delete" ? remove : turn;
  const { title, what, verb } = wordsOf(job, how);
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      actions={
        <>
          <Button onClick={onClose}>{how === "cancel" ? "Let it go on" : "Leave it"}</Button>
          <Button
            look={how === "finish" ? "primary" : "danger"}
            busy={action.isPending}
            onClick={() => (how === "delete" ? remove.mutate() : turn.mutate(how))}
          >
            {verb}
          </Button>
        </>
      }
    >
      <p className="text-ink-soft">{what}</p>
      {remove.error && <Failure error={remove.error} className="mt-4" />}
    </Dialog>
  );
}

function wordsOf(job: JobOut, how: How): { title: string; what: string; verb: string } {
  const { pending } = countsOf(job);
  const done = `${plural(job.rows_done, "row")} that ${job.rows_done === 1 ? "is" : "are"} done`;
  if (how === "cancel") {
    return {
      title: "Cancel this job?",
      what: `The ${done} stay, and the ${plural(job.credits_total, "credit")} for them stay charged. The other ${count(pending)} are not researched and cost nothing. No sheet is written; “Files” can write one of what there is.`,
      verb: "Cancel the job",
    };
  }
  if (how === "finish") {
    return {
      title: "Finish with what there is?",
      what: `The sheet is written with the ${done}. The other ${count(pending)} are skipped and cost nothing; you can have them researched later with “Retry rows”.`,
      verb: "Finish",
    };
  }
  return {
    title: `Delete ${job.filename}?`,
    what: "Its results, evidence, retries and sheets are gone at once, and its file with the last list made from it. This cannot be undone; what was charged stays charged.",
    verb: "Delete for good",
  };
}
