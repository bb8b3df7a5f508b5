import type { Schemas } from "@/api/client";
import type { Tone } from "@/ui/badge";

type Named = { label: string; tone: Tone; live?: boolean };

const CAMPAIGNS: Record<Schemas["CampaignOut"]["state"], Named> = {
  draft: { label: "Draft", tone: "neutral" },
  starting: { label: "Starting", tone: "accent", live: true },
  active: { label: "Running", tone: "good", live: true },
  paused: { label: "Paused", tone: "warn" },
  finished: { label: "Finished", tone: "neutral" },
};
export type LeadState = Schemas["LeadOut"]["state"];

/** A campaign's leads by where they stand, in the order in which they go through it. */
export const LEADS: Record<LeadState, Named> = {
  waiting: { label: "Waiting", tone: "neutral" },
  planned: { label: "Planned today", tone: "accent" },
  sending: { label: "Sending", tone: "accent", live: true },
  sent: { label: "Sent", tone: "good" },
  deferred: { label: "Put off", tone: "warn" },
  unknown: { label: "Unknown", tone: "warn" },
  failed: { label: "Failed", tone: "bad" },
  suppressed: { label: "Suppressed", tone: "neutral" },
  cancelled: { label: "Cancelled", tone: "neutral" },
  excluded: { label: "Left out", tone: "neutral" },
  stopped: { label: "Stopped", tone: "neutral" },
};

export function stateOf(state: Schemas["CampaignOut"]["state"]): Named {
  return CAMPAIGNS[state];
}

export function leadsOf(counts: Schemas["Counts"]): number {
  return Object.values(counts).reduce((sum, leads) => sum + leads, 0);
}

const SOURCES: Record<NonNullable<Schemas["LeadOut"]["zone_source"]>, string> = {
  city: "from the city",
  state: "from the state",
  country: "from the country",
  phone: "from the phone number",
  email_domain: "from the ending of the address",
  workspace: "your workspace's: nothing in the row tells another",
};

/** What a lead's time zone was taken from. */
export function zoneSource(source: Schemas["LeadOut"]["zone_source"]): string {
  return source === null ? "" : SOURCES[source];
}

/** "America/New_York" → "New York". */
export function zoneName(zone: string | null): string {
  return zone === null ? "" : (zone.split("/").pop() ?? zone).replaceAll("_", " ");
}
