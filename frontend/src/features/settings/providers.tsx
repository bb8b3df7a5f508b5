"use client";

import { useState } from "react";
import { $api, type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { useMay } from "@/session/me";
import { Badge, Status } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Input } from "@/ui/field";
import { Section } from "@/ui/page";
import { Loaded, Notice } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { Instant } from "@/ui/time";
import { ReadOnly } from "./settings-frame";

type Provider = Schemas["ProviderOut"];

const ABOUT: Record<string, { name: string; does: string }> = {
  serper: { name: "Serper", does: "Searches the web and the news" },
  groq: { name: "Groq", does: "Reads what was found and writes the lines" },
  firecrawl: { name: "Firecrawl", does: "Reads websites that only scripts can show" },
  apollo: { name: "Apollo", does: "Finds people and their addresses" },
};
const MODES: Record<Provider["mode"], { label: string; tone: "good" | "warn" | "accent" | "bad" }> = {
  real: { label: "Real", tone: "good" },
  own: { label: "Your own key", tone: "accent" },
  sandbox: { label: "Sandbox", tone: "warn" },
  missing: { label: "Missing", tone: "bad" },
};

export function Providers() {
  const providers = $api.useQuery("get", "/v1/providers");
  const [asked, setAsked] = useState<Provider | null>(null);
  return (
    <>
      <ReadOnly />
      <Section
        title="Providers"
        description="Who searches, reads and writes for you. With a key of your own you pay them yourself."
      >
        <Loaded query={providers}>
          {({ items, sandboxed }) => (
            <>
              {sandboxed && (
                <Notice tone="warn" className="mb-4" title="Some of it is made up">
                  What a sandboxed provider answers is invented, is marked so in every sheet, and cannot be sent through
                  a real mailbox.
                </Notice>
              )}
              <DataTable
                label="Providers"
                rows={items}
                id={(one) => one.provider}
                columns={[
                  { title: "Provider", cell: (one) => <Named one={one} /> },
                  {
                    title: "Answers come from",
                    cell: (one) => <Badge tone={MODES[one.mode].tone}>{MODES[one.mode].label}</Badge>,
                  },
                  { title: "State", from: "sm", cell: (one) => <State one={one} /> },
                  { title: "Your key", from: "md", cell: (one) => (one.last_four ? `…${one.last_four}` : "None") },
                  {
                    title: "",
                    label: "What can be done",
                    className: "text-right",
                    cell: (one) => <Change one={one} onAsk={setAsked} />,
                  },
                ]}
              />
            </>
          )}
        </Loaded>
      </Section>
      {asked && <KeyDialog key={asked.provider} one={asked} onClose={() => setAsked(null)} />}
    </>
  );
}

function nameOf(one: Provider): string {
  return ABOUT[one.provider]?.name ?? one.provider;
}

function Named({ one }: { one: Provider }) {
  return (
    <>
      <span className="font-medium">{nameOf(one)}</span>
      <span className="block text-[0.8125rem] text-ink-faint">{ABOUT[one.provider]?.does}</span>
    </>
  );
}

function State({ one }: { one: Provider }) {
  if (one.state === "up") return <Status tone="good">Answers</Status>;
  return (
    <>
      <Status tone={one.needed ? "bad" : "neutral"}>{one.state === "missing" ? "No key" : "Does not serve now"}</Status>
      <span className="block text-[0.8125rem] text-ink-soft">
        {one.message} {one.resume_at && <Instant at={one.resume_at} />}
      </span>
    </>
  );
}

function Change({ one, onAsk }: { one: Provider; onAsk: (one: Provider) => void }) {
  const may = useMay("settings");
  const remove = useAction(
    async () =>
      void (await api.DELETE("/v1/providers/{provider}/key", {
        params: { path: { provider: one.provider as "groq" } },
      })),
    { refresh: [["get", "/v1/providers"]], done: `Your key of ${nameOf(one)} is forgotten` },
  );
  if (!may) return null;
  return (
    <span className="inline-flex flex-wrap justify-end gap-1.5">
      {one.last_four && (
        <Button size="sm" look="quiet" busy={remove.isPending} onClick={() => remove.mutate(undefined)}>
          Remove key
        </Button>
      )}
      <Button size="sm" onClick={() => onAsk(one)}>
        {one.last_four ? "Change key" : "Use your key"}
      </Button>
    </span>
  );
}

function KeyDialog({ one, onClose }: { one: Provider; onClose: () => void }) {
  const [key, setKey] = useState("");
  const save = useAction(
    async (body: { key: string }) =>
      (await api.PUT("/v1/providers/{provider}/key", { params: { path: { provider: one.provider as "groq" } }, body }))
        .data!,
    {
      refresh: [["get", "/v1/providers"]],
      quiet: true,
      done: (kept) => kept.message ?? `Your key of ${nameOf(one)} is used from now on`,
      onDone: onClose,
    },
  );
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Your key of ${nameOf(one)}`}
      description="It is tried out once, kept encrypted, and never shown again."
      actions={
        <Button look="primary" type="submit" form="provider-key" busy={save.isPending}>
          Save key
        </Button>
      }
    >
      <form
        id="provider-key"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate({ key: key.trim() });
        }}
      >
        <Field label="Key" error={save.error?.message}>
          <Input
            type="password"
            autoComplete="off"
            required
            autoFocus
            value={key}
            onChange={(event) => setKey(event.target.value)}
          />
        </Field>
      </form>
    </Dialog>
  );
}
