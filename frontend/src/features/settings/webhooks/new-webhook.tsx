"use client";

import { useState } from "react";
import { type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog-parts";
import { Field, Input } from "@/ui/field";
import { EventChoice } from "./event-choice";
import { Secret } from "./secret";
import { WEBHOOK_KEYS } from "./webhook";

type Wish = Schemas["NewWebhook"];

/** Asks where to and of what, and shows the secret once. */
export default function NewWebhook({ onClose }: { onClose: () => void }) {
  const [url, setUrl] = useState("https://");
  const [description, setDescription] = useState("");
  const [events, setEvents] = useState<Wish["events"]>([]);
  const add = useAction(
    async (body: Wish, key) =>
      (await api.POST("/v1/webhooks", { body, params: { header: { "Idempotency-Key": key } } })).data!,
    { refresh: WEBHOOK_KEYS, quiet: true },
  );
  if (add.data?.secret) return <Secret secret={add.data.secret} onClose={onClose} />;
  return (
    <Dialog
      open
      onClose={onClose}
      title="Add a webhook"
      actions={
        <Button
          look="primary"
          type="submit"
          form="new-webhook"
          busy={add.isPending}
          disabled={events.length === 0}
          title={events.length === 0 ? "Choose what it is told of" : undefined}
        >
          Add webhook
        </Button>
      }
    >
      <form
        id="new-webhook"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate({ url: url.trim(), description: description.trim(), events });
        }}
      >
        <Field label="URL" hint="Of a server that answers 2xx within 15 seconds" error={add.error?.message}>
          <Input type="url" required autoFocus value={url} onChange={(event) => setUrl(event.target.value)} />
        </Field>
        <Field label="Description" aside="Optional">
          <Input maxLength={200} value={description} onChange={(event) => setDescription(event.target.value)} />
        </Field>
        <EventChoice value={events} onChange={setEvents} />
      </form>
    </Dialog>
  );
}
