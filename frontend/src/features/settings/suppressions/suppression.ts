import type { Schemas } from "@/api/client";

export type Suppression = Schemas["SuppressionOut"];
export type Scope = Suppression["scope"];
export type Reason = Suppression["reason"];

export const SUPPRESSION_KEYS = [
  ["get", "/v1/suppressions"],
  ["get", "/v1/suppressions/changes"],
];

export const REASONS: Record<Reason, string> = {
  unsubscribed: "Unsubscribed",
  bounced: "Bounced",
  complained: "Complained of spam",
  asked: "Asked to be left alone",
  imported: "Imported",
  erased: "Erased",
};

/** An address, a domain, or the words for one of which a keyed hash alone is left. */
export function whom(email: string): string {
  if (email.startsWith("#")) return "Somebody erased";
  return email.startsWith("@") ? `Everybody ${email}` : email;
}
