"use client";

import { useState } from "react";
import { $api, type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { Status } from "@/ui/badge";
import { Button } from "@/ui/button";
import { SidePanel } from "@/ui/dialog-parts";
import { Field, Input } from "@/ui/field";
import { Fact, Facts, Section } from "@/ui/page";
import { Failure, Loaded } from "@/ui/states";
import { Instant } from "@/ui/time";
import { Deliveries } from "./deliveries";
import { EventChoice } from "./event-choice";
import { WEBHOOK_KEYS, type Webhook, standing } from "./webhook";
import { WebhookDeeds } from "./webhook-deeds";

/** One endpoint: how it does, what it was told, and its settings. */
export default function WebhookPanel({ id, onClose }: { id: string; onClose: () => void }) {
  const webhook = $api.useQuery("get", "/v1/webhooks/{webhook_id}", { params: { path: { webhook_id: id } } });
  return (
    <SidePanel open onClose={onClose} title={webhook.data?.url ?? "Webhook"}>
      <Loaded query={webhook}>
        {(one) => (
          <>
            <Section title="State" actions={<WebhookDeeds one={one} onGone={onClose} />}>
              <Facts>
                <Fact name="Now">
                  <Status tone={standing(one).tone}>{standing(one).label}</Status>
                </Fact>
                {one.disabled_at && (
                  <Fact name="Since">
                    <Instant at={one.disabled_at} />
                  </Fact>
                )}
                {one.enabled && one.failing_since && (
                  <Fact name="Fails since">
                    <Instant at={one.failing_since} /> It is turned off after three days of nothing but failures.
                  </Fact>
                )}
                {one.old_secret_until && (
                  <Fact name="Old secret">
                    signs, too, until <Instant at={one.old_secret_until} />
                  </Fact>
                )}
              </Facts>
            </Section>
            <Deliveries one={one} />
            <Settings one={one} />
          </>
        )}
      </Loaded>
    </SidePanel>
  );
}

function Settings({ one }: { one: Webhook }) {
  const [url, setUrl] = useState(one.url);
  const [description, setDescription] = useState(one.description);
  const [events, setEvents] = useState(one.events);
  const save = useAction(
    async (body: Schemas["WebhookChange"]) =>
      (await api.PATCH("/v1/webhooks/{webhook_id}", { params: { path: { webhook_id: one.id } }, body })).data!,
    { refresh: WEBHOOK_KEYS, quiet: true, done: "Saved" },
  );
  return (
    <Section title="Settings">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate({ url: url.trim(), description: description.trim(), events });
        }}
      >
        {save.error && <Failure error={save.error} />}
        <Field label="URL">
          <Input type="url" required value={url} onChange={(event) => setUrl(event.target.value)} />
        </Field>
        <Field label="Description" aside="Optional">
          <Input maxLength={200} value={description} onChange={(event) => setDescription(event.target.value)} />
        </Field>
        <EventChoice value={events} onChange={setEvents} />
        <div>
          <Button type="submit" busy={save.isPending} disabled={events.length === 0}>
            Save
          </Button>
        </div>
      </form>
    </Section>
  );
}
