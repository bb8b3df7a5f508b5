"use client";

import { useState } from "react";
import { api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog-parts";
import { Secret } from "./secret";
import { DELIVERIES, WEBHOOK_KEYS, type Webhook } from "./webhook";

/** Test, turn on and off, another secret, remove. */
export function WebhookDeeds({ one, onGone }: { one: Webhook; onGone: () => void }) {
  const [asked, setAsked] = useState(false);
  const path = { webhook_id: one.id };
  const test = useAction(
    async (_: null, key) =>
      (
        await api.POST("/v1/webhooks/{webhook_id}/test", {
          params: { path, header: { "Idempotency-Key": key } },
        })
      ).data!,
    { refresh: [DELIVERIES], done: "A test is on its way. What came of it stands below." },
  );
  const turn = useAction(
    async (enabled: boolean) =>
      (await api.PATCH("/v1/webhooks/{webhook_id}", { params: { path }, body: { enabled } })).data!,
    { refresh: WEBHOOK_KEYS, done: ({ enabled }) => (enabled ? "It is told again" : "It is told nothing any more") },
  );
  const rotate = useAction(
    async (_: null, key) =>
      (
        await api.POST("/v1/webhooks/{webhook_id}/rotate-secret", {
          params: { path, header: { "Idempotency-Key": key } },
        })
      ).data!,
    { refresh: WEBHOOK_KEYS },
  );
  return (
    <>
      <Button size="sm" busy={test.isPending} disabled={!one.enabled} onClick={() => test.mutate(null)}>
        Send a test
      </Button>
      <Button size="sm" busy={turn.isPending} onClick={() => turn.mutate(!one.enabled)}>
        {one.enabled ? "Turn off" : "Turn on"}
      </Button>
      <Button size="sm" busy={rotate.isPending} onClick={() => rotate.mutate(null)}>
        Other secret
      </Button>
      <Button size="sm" look="danger" onClick={() => setAsked(true)}>
        Remove
      </Button>
      {rotate.data?.secret && (
        <Secret
          secret={rotate.data.secret}
          onClose={rotate.reset}
          note="For 24 hours messages carry two signatures: by this one and by the one before."
        />
      )}
      {asked && <Remove one={one} onClose={() => setAsked(false)} onGone={onGone} />}
    </>
  );
}

function Remove({ one, onClose, onGone }: { one: Webhook; onClose: () => void; onGone: () => void }) {
  const remove = useAction(
    async () => void (await api.DELETE("/v1/webhooks/{webhook_id}", { params: { path: { webhook_id: one.id } } })),
    { refresh: [["get", "/v1/webhooks"]], done: "The webhook is removed", onDone: onGone },
  );
  return (
    <Dialog
      open
      onClose={onClose}
      title="Remove this webhook?"
      actions={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button look="danger" busy={remove.isPending} onClick={() => remove.mutate(undefined)}>
            Remove webhook
          </Button>
        </>
      }
    >
      <p className="break-words text-ink-soft">
        {one.url} is told nothing any more. What still waits for it, its log and its secret are gone. To stop it for a
        while, turn it off instead.
      </p>
    </Dialog>
  );
}
