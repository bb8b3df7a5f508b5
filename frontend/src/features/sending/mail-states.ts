import type { Schemas } from "@/api/client";
import type { Tone } from "@/ui/badge";

export type MailState = Schemas["EmailOut"]["state"];

/** Where a mail stands, in words. */
export const MAIL_STATES: Record<MailState, { label: string; tone: Tone; live?: boolean }> = {
  planned: { label: "Planned", tone: "accent" },
  claimed: { label: "About to leave", tone: "accent", live: true },
  sending: { label: "Leaving", tone: "accent", live: true },
  sent: { label: "Sent", tone: "good" },
  failed: { label: "Not sent", tone: "bad" },
  unknown: { label: "Unknown", tone: "warn" },
  deferred: { label: "Put off", tone: "warn" },
  cancelled: { label: "Cancelled", tone: "neutral" },
  suppressed: { label: "Not to be contacted", tone: "neutral" },
};
