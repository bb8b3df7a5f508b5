import type { Schemas } from "@/api/client";
import type { Tone } from "@/ui/badge";

export type Mailbox = Schemas["MailboxOut"];
export type Provider = Mailbox["provider"];

/** Everything that may look different after a mailbox was changed. */
export const MAILBOX_KEYS = [
  ["get", "/v1/mailboxes"],
  ["get", "/v1/mailboxes/{mailbox_id}"],
  ["get", "/v1/mailboxes/{mailbox_id}/doctor"],
];

const PROVIDERS: Record<Provider, string> = {
  smtp: "Mail server",
  sandbox: "Sandbox",
  sendgrid: "SendGrid",
  mailgun: "Mailgun",
  instantly: "Instantly",
};

/** Who carries its mail, in a word or two. */
export function carrier(mailbox: Mailbox): string {
  const by = mailbox.server?.signs_in_with;
  if (by === "google") return "Google";
  if (by === "microsoft") return "Microsoft";
  return mailbox.provider === "smtp" && mailbox.server ? mailbox.server.host : PROVIDERS[mailbox.provider];
}

export function standing(mailbox: Mailbox): { label: string; tone: Tone } {
  if (mailbox.state === "paused") return { label: "Paused", tone: mailbox.paused_reason ? "bad" : "neutral" };
  if (mailbox.trouble) return { label: "Rests", tone: "warn" };
  return { label: "Sends", tone: "good" };
}

/** A field's number, or null where it is empty. */
export function numberOf(typed: string): number | null {
  return typed.trim() === "" ? null : Number(typed);
}
