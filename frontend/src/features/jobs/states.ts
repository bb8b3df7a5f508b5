import type { Schemas } from "@/api/client";
import type { Tone } from "@/ui/badge";

export type JobOut = Schemas["JobOut"];
type Meaning = { label: string; tone: Tone; live?: boolean };

/** What each state of a job means to people, and whether something is going on in it. */
const STATES: Record<string, Meaning> = {
  reserving: { label: "Setting credits aside", tone: "accent", live: true },
  declined: { label: "Not enough credits", tone: "bad" },
  queued: { label: "Queued", tone: "accent", live: true },
  processing: { label: "Running", tone: "accent", live: true },
  paused: { label: "Paused", tone: "neutral" },
  parked: { label: "Waiting", tone: "warn" },
  merging: { label: "Writing the sheet", tone: "accent", live: true },
  completed: { label: "Done", tone: "good" },
  cancelled: { label: "Cancelled", tone: "neutral" },
  failed: { label: "Failed", tone: "bad" },
};

export function stateOf(state: string): Meaning {
  return STATES[state] ?? { label: state, tone: "neutral" };
}

/** The states by what people look for. */
export const STANDINGS = [
  { value: "running", label: "Running", states: ["reserving", "queued", "processing", "merging"] },
  { value: "waiting", label: "Waiting or paused", states: ["parked", "paused"] },
  { value: "done", label: "Done", states: ["completed"] },
  { value: "failed", label: "Failed", states: ["failed", "declined"] },
  { value: "cancelled", label: "Cancelled", states: ["cancelled"] },
] satisfies { value: string; label: string; states: Schemas["JobState"][] }[];

const ROW_STATES: Record<string, Meaning> = {
  enriched: { label: "Enriched", tone: "good" },
  degraded: { label: "Degraded", tone: "warn" },
  failed: { label: "Failed", tone: "bad" },
  skipped: { label: "Skipped", tone: "neutral" },
  pending: { label: "Waiting", tone: "accent" },
};

/** What a row came out as. */
export function rowStateOf(status: string): Meaning {
  return ROW_STATES[status] ?? { label: status, tone: "neutral" };
}

const ENDED = ["completed", "cancelled", "failed", "declined"];
const TAKES_ANSWERS = ["processing", "paused", "parked"];

/** What a job takes in the state it is in, as `ingest/domain/turns.py` has it; the API decides. */
export function takes(job: JobOut) {
  const isEnded = ENDED.includes(job.state);
  const isUnderWay = TAKES_ANSWERS.includes(job.state);
  const { failed, degraded, skipped } = countsOf(job);
  return {
    pause: job.state === "processing",
    resume: job.state === "paused" || job.state === "parked",
    cancel: !isEnded,
    finish: isUnderWay,
    rerun: isUnderWay,
    ceiling: isUnderWay && job.kind !== "trial",
    retry: isEnded && job.kind === "list" && job.started_at !== null && failed + degraded + skipped > 0,
    remove: isEnded && job.kind !== "retry",
    download: job.state === "completed" && job.kind !== "trial",
    files: job.kind !== "trial" && job.started_at !== null,
    send: job.kind === "list" && job.state === "completed",
  };
}

export function isEnded(job: JobOut): boolean {
  return ENDED.includes(job.state);
}

/** The rows by what they came out as; of a list with what its retries delivered. */
export function countsOf(job: JobOut) {
  const of = job.overlay ?? job;
  return {
    enriched: of.rows_enriched,
    degraded: of.rows_degraded,
    failed: of.rows_failed,
    skipped: of.rows_skipped,
    pending: Math.max(0, job.rows_total - job.rows_done),
  };
}

const KINDS: Record<string, string> = { trial: "Trial", retry: "Retry" };

/** What a job is when it is no ordinary list. */
export function kindOf(job: JobOut): string | null {
  return KINDS[job.kind] ?? null;
}
