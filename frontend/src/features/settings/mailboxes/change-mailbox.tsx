"use client";

import { useQueryClient } from "@tanstack/react-query";
import { type ComponentProps, useState } from "react";
import { type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { Button } from "@/ui/button";
import { Checkbox, Field, Input } from "@/ui/field";
import { Section } from "@/ui/page";
import { Failure } from "@/ui/states";
import { Theirs } from "../theirs";
import { useBase } from "../use-base";
import { MAILBOX_KEYS, type Mailbox, numberOf } from "./mailbox";
import { ServerFields, type Server } from "./server-fields";

/** Its settings. They are saved only over what is shown: a change that somebody else made meanwhile is shown first. */
export function ChangeMailbox({ one, etag }: { one: Mailbox; etag: string | undefined }) {
  const [shown, setShown] = useState(0);
  return <Form key={shown} one={one} etag={etag} onTheirs={() => setShown(shown + 1)} />;
}

function Form({ one, etag, onTheirs }: { one: Mailbox; etag: string | undefined; onTheirs: () => void }) {
  const base = useBase(settingsOf(one), etag);
  const [name, setName] = useState(one.name);
  const [replyTo, setReplyTo] = useState(one.reply_to ?? "");
  const [quota, setQuota] = useState(one.daily_quota?.toString() ?? "");
  const [grows, setGrows] = useState(one.ramp !== null);
  const [start, setStart] = useState(one.ramp?.start.toString() ?? "20");
  const [step, setStep] = useState(one.ramp?.step.toString() ?? "5");
  const [secret, setSecret] = useState("");
  const old = one.server && { ...one.server, port: String(one.server.port), user: one.server.user ?? "" };
  const [server, setServer] = useState<Server | null>(old);
  const byPassword = one.provider === "smtp" && ["password", "nothing"].includes(one.server?.signs_in_with ?? "");
  const byKey = !one.sandboxed && one.provider !== "smtp" && one.provider !== "sandbox";
  const queries = useQueryClient();
  const save = useAction(
    async (body: Schemas["MailboxChangeIn"]) =>
      (
        await api.PATCH("/v1/mailboxes/{mailbox_id}", {
          params: { path: { mailbox_id: one.id }, header: { "If-Match": base.etag } },
          body,
        })
      ).data!,
    {
      refresh: MAILBOX_KEYS,
      done: "Saved",
      quiet: true,
      onDone: (saved) => {
        base.adopt(settingsOf(saved));
        setSecret("");
      },
      onRefused: ({ status }) =>
        status === 412 && void queries.invalidateQueries({ queryKey: ["get", "/v1/mailboxes/{mailbox_id}"] }),
    },
  );
  const submit = () => {
    const elsewhere = byPassword && server !== null && old !== null && differs(server, old);
    const ramp = grows ? { start: Number(start), step: Number(step) } : null;
    const same = one.ramp?.start === ramp?.start && one.ramp?.step === ramp?.step;
    save.mutate({
      name: name.trim(),
      reply_to: replyTo.trim() || null,
      daily_quota: numberOf(quota),
      ...(same ? {} : { ramp }),
      ...(elsewhere ? { server: { ...pick(server), port: Number(server.port), user: server.user || null } } : {}),
      ...(secret && byPassword ? { password: secret } : {}),
      ...(secret && byKey ? { api_key: secret } : {}),
    });
  };
  return (
    <Section title="Settings">
      <form
        className="grid gap-4 sm:grid-cols-2"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {base.changed && !save.isPending && (
          <div className="sm:col-span-2">
            <Theirs onShow={onTheirs} />
          </div>
        )}
        {save.error && save.error.status !== 412 && <Failure error={save.error} className="sm:col-span-2" />}
        <Field label="Sender's name">
          <Input required maxLength={200} value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field label="Answers go to" aside="Optional">
          <Input
            type="email"
            placeholder={one.address}
            value={replyTo}
            onChange={(event) => setReplyTo(event.target.value)}
          />
        </Field>
        <Field label="Mails a day, at most" hint="Empty: no limit of its own">
          <Amount value={quota} onChange={(event) => setQuota(event.target.value)} />
        </Field>
        <div className="flex flex-col gap-3">
          <Checkbox
            label="Let it grow"
            hint="A young mailbox that sends much at once is taken for a spammer."
            checked={grows}
            onChange={(event) => setGrows(event.target.checked)}
          />
          {grows && (
            <div className="grid grid-cols-2 gap-3">
              <Field label="First day">
                <Amount required value={start} onChange={(event) => setStart(event.target.value)} />
              </Field>
              <Field label="More each day">
                <Amount required value={step} onChange={(event) => setStep(event.target.value)} />
              </Field>
            </div>
          )}
        </div>
        {byPassword && server && (
          <ServerFields server={server} onChange={(part) => setServer({ ...server, ...part })} />
        )}
        {(byPassword || byKey) && (
          <Field
            label={byKey ? "Another API key" : "Another password"}
            aside="Optional"
            hint={byPassword ? "With another server it has to be given again." : undefined}
            className="sm:col-span-2"
          >
            <Input
              type="password"
              autoComplete="off"
              value={secret}
              onChange={(event) => setSecret(event.target.value)}
            />
          </Field>
        )}
        <div>
          <Button type="submit" busy={save.isPending}>
            Save
          </Button>
        </div>
      </form>
    </Section>
  );
}

function Amount(props: ComponentProps<"input">) {
  return <Input {...props} type="number" inputMode="numeric" min={1} max={100000} />;
}

function settingsOf({ name, reply_to, daily_quota, ramp, server }: Mailbox) {
  return { name, reply_to, daily_quota, ramp, server };
}

function pick({ host, security }: Server): Pick<Server, "host" | "security"> {
  return { host: host.trim(), security };
}

function differs(server: Server, old: Server): boolean {
  return (["host", "port", "security", "user"] as const).some((part) => server[part] !== old[part]);
}
