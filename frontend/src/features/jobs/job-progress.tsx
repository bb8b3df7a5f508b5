import { count, duration, percent } from "@/lib/format";
import { Figure } from "@/ui/page";
import { Progress } from "@/ui/progress";
import { Ago } from "@/ui/time";
import { JobState } from "./job-state";
import { type JobOut, countsOf, isEnded } from "./states";

/** How far a job is, how fast it goes, when it may be done, and what came of its rows. */
export function JobProgress({ job }: { job: JobOut }) {
  const counts = countsOf(job);
  const share = job.rows_total === 0 ? 0 : job.rows_done / job.rows_total;
  return (
    <section aria-label="Progress" className="mb-6">
      <div className="mb-2 flex flex-wrap items-baseline gap-x-4 gap-y-1">
        <JobState state={job.state} />
        <span className="text-ink-soft num">
          {count(job.rows_done)} of {count(job.rows_total)} rows
        </span>
        <span className="flex-1" />
        <span className="text-ink-faint num">
          {isEnded(job) ? <Ended job={job} /> : <Pace job={job} share={share} />}
        </span>
      </div>
      {!isEnded(job) && <Progress share={share} label="Rows done" />}
      <div className="mt-5 grid grid-cols-3 gap-x-2 gap-y-4 sm:flex sm:flex-wrap sm:gap-x-8">
        <Figure name="Enriched">{count(counts.enriched)}</Figure>
        <Figure name="Degraded" hint={free(counts.degraded)}>
          {count(counts.degraded)}
        </Figure>
        <Figure name="Failed" hint={free(counts.failed)}>
          {count(counts.failed)}
        </Figure>
        <Figure name="Skipped" hint={free(counts.skipped)}>
          {count(counts.skipped)}
        </Figure>
        <Figure name="Credits" hint={heldOf(job)}>
          {count(job.credits_total)}
        </Figure>
      </div>
    </section>
  );
}

function free(rows: number): string | undefined {
  return rows > 0 ? "free" : undefined;
}

function heldOf(job: JobOut): string {
  if (job.kind === "trial") return "trials are free";
  if (isEnded(job)) return job.rows_free > 0 ? `charged; ${count(job.rows_free)} rows were tried free` : "charged";
  const most = job.ceiling_credits === null ? "" : `, at most ${count(job.ceiling_credits)}`;
  return `of ${count(job.credits_held)} set aside${most}`;
}

function Pace({ job, share }: { job: JobOut; share: number }) {
  if (job.state !== "processing") return percent(share);
  const pace = job.rows_per_second > 0 && speed(job.rows_per_second);
  const left = job.eta_seconds !== null && `about ${duration(job.eta_seconds)} left`;
  return [percent(share), pace, left].filter(Boolean).join(" · ");
}

function speed(perSecond: number): string {
  return perSecond >= 1 ? `${count(Math.round(perSecond))} rows/s` : `${count(Math.round(perSecond * 60))} rows/min`;
}

function Ended({ job }: { job: JobOut }) {
  const end = job.finished_at ?? job.created_at;
  const took = job.started_at && (Date.parse(end) - Date.parse(job.started_at)) / 1000;
  return (
    <>
      ended <Ago at={end} />
      {took !== null && took !== "" && `, after ${duration(took)}`}
    </>
  );
}
