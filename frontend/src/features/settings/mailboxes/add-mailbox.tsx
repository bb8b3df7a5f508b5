"use client";

import { useState } from "react";
import { $api, type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { useDebounced } from "@/lib/use-debounced";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Input, Select } from "@/ui/field";
import { Failure } from "@/ui/states";
import { TagInput } from "@/ui/tags";
import { MAILBOX_KEYS, numberOf } from "./mailbox";
import { ServerFields, type Server } from "./server-fields";

type Way = Schemas["MailboxIn"]["provider"] | "google" | "microsoft";

const WAYS: Record<Way, string> = {
  smtp: "Mail server with a password",
  google: "Google (Gmail, Workspace)",
  microsoft: "Microsoft (Outlook, 365)",
  sendgrid: "SendGrid",
  mailgun: "Mailgun",
  instantly: "Instantly",
  sandbox: "Sandbox: nothing leaves",
};
const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** Asks whose mail it is and who carries it. The host is worked out from the address where it is well known. */
export default function AddMailbox({ onClose, onAdded }: { onClose: () => void; onAdded: (id: string) => void }) {
  const [address, setAddress] = useState("");
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<Way | null>(null);
  const [typed, setTyped] = useState<Partial<Server>>({});
  const [secret, setSecret] = useState("");
  const [domain, setDomain] = useState("");
  const [region, setRegion] = useState<"us" | "eu">("us");
  const [accounts, setAccounts] = useState<string[]>([]);
  const [quota, setQuota] = useState("");
  const asked = useDebounced(address.trim(), 500);
  const preset = $api.useQuery(
    "get",
    "/v1/mailboxes/presets",
    { params: { query: { address: asked } } },
    { enabled: ADDRESS.test(asked), staleTime: Infinity, retry: false },
  ).data?.preset;
  const way = chosen ?? preset?.oauth ?? "smtp";
  const known = preset ? { host: preset.host, port: String(preset.port), security: preset.security } : null;
  const server: Server = { host: "", port: "465", security: "tls", user: address.trim(), ...known, ...typed };
  const keyed = way === "sendgrid" || way === "mailgun" || way === "instantly";
  const add = useAction(
    async (body: Schemas["MailboxIn"], key) =>
      (await api.POST("/v1/mailboxes", { body, params: { header: { "Idempotency-Key": key } } })).data!,
    {
      refresh: MAILBOX_KEYS,
      quiet: true,
      done: (made) => `${made.address} is added`,
      onDone: (made) => {
        onClose();
        onAdded(made.id);
      },
    },
  );
  const connect = useAction(
    async (body: Schemas["ConsentIn"]) => (await api.POST("/v1/mailboxes/oauth/start", { body })).data!,
    { quiet: true, onDone: ({ url }) => location.assign(url) },
  );
  const submit = () => {
    const who = { address: address.trim(), name: name.trim() };
    if (way === "google" || way === "microsoft") return connect.mutate({ provider: way, ...who });
    add.mutate({
      ...who,
      provider: way,
      daily_quota: numberOf(quota),
      server: way === "smtp" ? { ...server, port: Number(server.port), user: server.user || null } : undefined,
      password: way === "smtp" ? secret || null : undefined,
      api_key: keyed ? secret || null : undefined,
      account: keyed ? { domain: domain.trim() || null, region, accounts } : undefined,
    });
  };
  const error = add.error ?? connect.error;
  const oauth = way === "google" || way === "microsoft";
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title="Add a mailbox"
      actions={
        <Button look="primary" type="submit" form="add-mailbox" busy={add.isPending || connect.isPending}>
          {oauth ? `Continue with ${way === "google" ? "Google" : "Microsoft"}` : "Add mailbox"}
        </Button>
      }
    >
      <form
        id="add-mailbox"
        className="grid gap-4 sm:grid-cols-2"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {error && <Failure error={error} className="sm:col-span-2" />}
        <Field label="Address">
          <Input type="email" required autoFocus value={address} onChange={(event) => setAddress(event.target.value)} />
        </Field>
        <Field label="Sender's name" hint="As people see it in their inbox">
          <Input required maxLength={200} value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field label="Carried by" hint={preset?.note} className="sm:col-span-2">
          <Select value={way} onChange={(event) => setChosen(event.target.value as Way)}>
            {Object.entries(WAYS).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </Select>
        </Field>
        {way === "smtp" && (
          <ServerFields server={server} onChange={(part) => setTyped((now) => ({ ...now, ...part }))} />
        )}
        {(way === "smtp" || keyed) && (
          <Field
            label={keyed ? "API key" : "Password"}
            hint="Kept encrypted and never shown again"
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
        {way === "mailgun" && (
          <>
            <Field label="Sending domain" hint="Empty: the address's">
              <Input value={domain} onChange={(event) => setDomain(event.target.value)} />
            </Field>
            <Field label="Region">
              <Select value={region} onChange={(event) => setRegion(event.target.value as "us" | "eu")}>
                <option value="us">United States</option>
                <option value="eu">Europe</option>
              </Select>
            </Field>
          </>
        )}
        {way === "instantly" && (
          <Field
            label="Accounts there to send from"
            hint="Instantly schedules by itself: a campaign is handed over to it only when you choose this mailbox for it. Empty: the address."
            className="sm:col-span-2"
          >
            <TagInput value={accounts} onChange={setAccounts} />
          </Field>
        )}
        {!oauth && (
          <Field
            label="Mails a day, at most"
            aside="Optional"
            hint={preset?.daily_limit ? `${preset.label} allows ${preset.daily_limit}` : undefined}
          >
            <Input
              type="number"
              inputMode="numeric"
              min={1}
              max={100000}
              value={quota}
              onChange={(event) => setQuota(event.target.value)}
            />
          </Field>
        )}
      </form>
    </Dialog>
  );
}
