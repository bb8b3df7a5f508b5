import type { Tone } from "@/ui/badge";

type Meaning = { label: string; tone: Tone; live?: boolean };

const STATES: Record<string, Meaning> = {
  reserving: { label: "Setting credits aside", tone: "accent", live: true },
  declined: { label: "Not enough credits", tone: "bad" },
  searching: { label: "Searching", tone: "accent", live: true },
  revealing: { label: "Getting addresses", tone: "accent", live: true },
  delivering: { label: "Writing the list", tone: "accent", live: true },
  parked: { label: "Waiting", tone: "warn" },
  completed: { label: "Done", tone: "good" },
  cancelled: { label: "Cancelled", tone: "neutral" },
  failed: { label: "Failed", tone: "bad" },
};
const ENDED = new Set(["declined", "completed", "cancelled", "failed"]);

/** What a reason means where nobody has said more. */
const REASONS: Record<string, string> = {
  no_matches: "Nobody matches any more. Nothing was charged.",
  no_addresses: "Apollo has no address of those who match. Nothing was charged.",
  cancelled_by_user: "Stopped by hand. What had been found by then is delivered.",
  insufficient_credits: "There were not enough credits.",
  cap_day: "Your workspace's cap for today leaves too few credits.",
  cap_month: "Your workspace's cap for this month leaves too few credits.",
  cap_member: "Your own cap for this month leaves too few credits.",
  apollo_no_key: "Apollo needs a key. Set it, then resume.",
  apollo_bad_key: "Apollo does not take the key. Set another one, then resume.",
  apollo_no_api_access: "The key has no access to Apollo's API. Use a master key of a plan that has, then resume.",
  apollo_insufficient_credits: "Your Apollo account is out of its own credits. Buy more there, then resume.",
};

export function stateOf(state: string): Meaning {
  return STATES[state] ?? { label: state, tone: "neutral" };
}

export function hasEnded(state: string): boolean {
  return ENDED.has(state);
}

export function reasonOf(reason: string | null, message: string | null): string | null {
  return message ?? (reason === null ? null : (REASONS[reason] ?? null));
}
