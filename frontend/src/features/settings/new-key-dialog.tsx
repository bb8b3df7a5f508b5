"use client";

import { useState } from "react";
import { type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { useMay } from "@/session/me";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";
import { Checkbox, Field, Input, Select } from "@/ui/field";
import { Notice } from "@/ui/states";

type Scope = Schemas["NewKey"]["scopes"][number];

const SCOPES: { scope: Scope; label: string; hint: string }[] = [
  { scope: "read", label: "Read", hint: "Look at everything of the workspace" },
  { scope: "jobs", label: "Jobs", hint: "Upload lists, start and steer jobs, edit lines" },
  { scope: "sending", label: "Sending", hint: "Templates and campaigns" },
  { scope: "billing", label: "Billing", hint: "Plan, packs and caps" },
  { scope: "settings", label: "Settings", hint: "Mailboxes, provider keys, webhooks" },
  { scope: "audit", label: "Audit log", hint: "Who did what" },
];
const OF_ADMINS: Scope[] = ["billing", "settings", "audit"];
const DAYS = { "30": "30 days", "90": "90 days", "365": "A year", "": "Until it is revoked" };

/** Asks what the key may, and shows it once. */
export function NewKeyDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [made, setMade] = useState<string | null>(null);
  const close = () => {
    setMade(null);
    onClose();
  };
  if (made === null) return <Form open={open} onClose={close} onMade={setMade} />;
  return (
    <Dialog
      open={open}
      onClose={close}
      title="Your new key"
      actions={
        <Button look="primary" onClick={close}>
          I have it
        </Button>
      }
    >
      <Notice tone="warn">Copy it now: it is not shown again.</Notice>
      <div className="mt-3 flex items-center gap-2 rounded-md border bg-sunken px-3 py-2">
        <code data-testid="api-key" className="min-w-0 flex-1 font-mono text-[0.8125rem] break-all">
          {made}
        </code>
        <CopyButton text={made} label="Copy the key" />
      </div>
    </Dialog>
  );
}

function Form({ open, onClose, onMade }: { open: boolean; onClose: () => void; onMade: (key: string) => void }) {
  const [name, setName] = useState("");
  const [days, setDays] = useState("90");
  const [scopes, setScopes] = useState<Scope[]>(["read"]);
  const isAdmin = useMay("settings");
  const isMember = useMay("jobs");
  const make = useAction(
    async (body: Schemas["NewKey"], key) =>
      (await api.POST("/v1/api-keys", { params: { header: { "Idempotency-Key": key } }, body })).data!,
    { refresh: [["get", "/v1/api-keys"]], quiet: true, onDone: (one) => one.key && onMade(one.key) },
  );
  const may = (scope: Scope) => scope === "read" || (OF_ADMINS.includes(scope) ? isAdmin : isMember);
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="New API key"
      actions={
        <Button look="primary" type="submit" form="new-key" busy={make.isPending} disabled={scopes.length === 0}>
          Make key
        </Button>
      }
    >
      <form
        id="new-key"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          const expires_at = days ? new Date(Date.now() + Number(days) * 86_400_000).toISOString() : null;
          make.mutate({ name: name.trim(), scopes, expires_at });
        }}
      >
        <Field label="Name" hint="What uses it, such as “CRM sync”." error={make.error?.message}>
          <Input required autoFocus maxLength={80} value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <fieldset className="flex flex-col gap-2.5">
          <legend className="mb-1.5 text-sm font-medium">It may</legend>
          {SCOPES.filter(({ scope }) => may(scope)).map(({ scope, label, hint }) => (
            <Checkbox
              key={scope}
              label={label}
              hint={hint}
              checked={scopes.includes(scope)}
              onChange={(event) =>
                setScopes((now) => (event.target.checked ? [...now, scope] : now.filter((one) => one !== scope)))
              }
            />
          ))}
        </fieldset>
        <Field label="Ends after">
          <Select value={days} onChange={(event) => setDays(event.target.value)}>
            {Object.entries(DAYS).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </Select>
        </Field>
      </form>
    </Dialog>
  );
}
