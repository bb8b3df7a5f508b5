import type { Schemas } from "@/api/client";
import type { Tone } from "@/ui/badge";

export type Webhook = Schemas["WebhookOut"];
export type Delivery = Schemas["DeliveryOut"];

export const WEBHOOK_KEYS = [
  ["get", "/v1/webhooks"],
  ["get", "/v1/webhooks/{webhook_id}"],
];
export const DELIVERIES = ["get", "/v1/webhooks/{webhook_id}/deliveries"];

const BECAUSE: Record<NonNullable<Webhook["disabled_because"]>, string> = {
  person: "Turned off",
  gone: "Answered 410: it is gone",
  failing: "Failed for three days",
};

export function standing(webhook: Webhook): { label: string; tone: Tone } {
  if (!webhook.enabled) {
    const because = webhook.disabled_because;
    return { label: because ? BECAUSE[because] : "Turned off", tone: because === "person" ? "neutral" : "bad" };
  }
  return webhook.failing_since ? { label: "Fails", tone: "warn" } : { label: "On", tone: "good" };
}

export const DELIVERED: Record<Delivery["state"], { label: string; tone: Tone }> = {
  waiting: { label: "Waits", tone: "accent" },
  sending: { label: "Is sent", tone: "accent" },
  delivered: { label: "Delivered", tone: "good" },
  given_up: { label: "Given up", tone: "bad" },
};
