"use client";

import { useState } from "react";
import { api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { toast } from "@/ui/toast";
import { MAILBOX_KEYS, type Mailbox } from "./mailbox";

/** Pause, resume, connect anew and remove. */
export function MailboxDeeds({ one, onGone }: { one: Mailbox; onGone: () => void }) {
  const [asked, setAsked] = useState(false);
  const path = { params: { path: { mailbox_id: one.id } } };
  const resume = useAction(async () => (await api.POST("/v1/mailboxes/{mailbox_id}/resume", path)).data!, {
    refresh: MAILBOX_KEYS,
    done: `${one.address} sends again`,
  });
  const pause = useAction(async () => (await api.POST("/v1/mailboxes/{mailbox_id}/pause", path)).data!, {
    refresh: MAILBOX_KEYS,
    onDone: () => toast.done(`${one.address} is paused`, { undo: { act: () => resume.mutate(undefined) } }),
  });
  const by = one.server?.signs_in_with;
  const consent = by === "google" || by === "microsoft" ? by : null;
  const connect = useAction(
    async () =>
      (
        await api.POST("/v1/mailboxes/oauth/start", {
          body: { provider: consent ?? "google", mailbox_id: one.id },
        })
      ).data!,
    { onDone: ({ url }) => location.assign(url) },
  );
  return (
    <>
      {consent && (
        <Button size="sm" busy={connect.isPending} onClick={() => connect.mutate(undefined)}>
          Connect anew
        </Button>
      )}
      {one.state === "paused" ? (
        <Button size="sm" look="primary" busy={resume.isPending} onClick={() => resume.mutate(undefined)}>
          Resume
        </Button>
      ) : (
        <Button size="sm" busy={pause.isPending} onClick={() => pause.mutate(undefined)}>
          Pause
        </Button>
      )}
      <Button size="sm" look="danger" onClick={() => setAsked(true)}>
        Remove
      </Button>
      {asked && <Remove one={one} onClose={() => setAsked(false)} onGone={onGone} />}
    </>
  );
}

function Remove({ one, onClose, onGone }: { one: Mailbox; onClose: () => void; onGone: () => void }) {
  const remove = useAction(
    async () => void (await api.DELETE("/v1/mailboxes/{mailbox_id}", { params: { path: { mailbox_id: one.id } } })),
    { refresh: [["get", "/v1/mailboxes"]], done: `${one.address} is removed`, quiet: true, onDone: onGone },
  );
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Remove ${one.address}?`}
      actions={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button look="danger" busy={remove.isPending} onClick={() => remove.mutate(undefined)}>
            Remove mailbox
          </Button>
        </>
      }
    >
      <p className="text-ink-soft">
        What it signs in with and its DKIM keys are forgotten. What it has sent stays in your campaigns.
      </p>
      {remove.error && (
        <p role="alert" className="mt-3 text-bad">
          {remove.error.message}
        </p>
      )}
    </Dialog>
  );
}
