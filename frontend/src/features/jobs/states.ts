import type { Tone } from "@/ui/badge";

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
