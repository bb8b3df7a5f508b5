"use client";

import { KeyRound } from "lucide-react";
import { useState } from "react";
import { $api, PAGED, type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { day } from "@/lib/format";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Section } from "@/ui/page";
import { Empty, Loaded } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { Ago } from "@/ui/time";
import { NewKeyDialog } from "./new-key-dialog";

type Key = Schemas["KeyOut"];

export function ApiKeys() {
  const keys = $api.useInfiniteQuery("get", "/v1/api-keys", { params: { query: { limit: 50 } } }, PAGED);
  const [making, setMaking] = useState(false);
  const make = (
    <Button look="primary" icon={<KeyRound aria-hidden />} onClick={() => setMaking(true)}>
      New key
    </Button>
  );
  return (
    <Section
      title="API keys"
      description="For programs and assistants. A key works in this workspace only, and never does more than its maker may."
      actions={make}
    >
      <Loaded query={keys}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          if (rows.length === 0) return <Empty title="No key yet">Make one for a script, a CRM or an assistant.</Empty>;
          return (
            <DataTable
              label="API keys"
              rows={rows}
              id={(key) => key.id}
              more={keys}
              columns={[
                { title: "Name", cell: (key) => <span className="font-medium">{key.name}</span> },
                {
                  title: "Key",
                  from: "sm",
                  cell: (key) => <span className="font-mono text-[0.8125rem]">…{key.ending}</span>,
                },
                { title: "May", from: "lg", cell: (key) => <Scopes scopes={key.scopes} /> },
                { title: "Made by", from: "xl", cell: (key) => key.email },
                {
                  title: "Last used",
                  from: "md",
                  cell: (key) => (key.last_used_at ? <Ago at={key.last_used_at} /> : "Never"),
                },
                { title: "Ends", cell: (key) => <End ends={key} /> },
                { title: "", label: "What can be done", className: "text-right", cell: (key) => <Revoke one={key} /> },
              ]}
            />
          );
        }}
      </Loaded>
      <NewKeyDialog open={making} onClose={() => setMaking(false)} />
    </Section>
  );
}

function Scopes({ scopes }: { scopes: Key["scopes"] }) {
  return (
    <span className="flex flex-wrap gap-1">
      {scopes.map((scope) => (
        <Badge key={scope}>{scope}</Badge>
      ))}
    </span>
  );
}

function End({ ends }: { ends: Key }) {
  if (ends.revoked_at) return <Badge tone="bad">Revoked</Badge>;
  if (!ends.expires_at) return "Never";
  const at = new Date(ends.expires_at);
  return at < new Date() ? <Badge tone="warn">Over</Badge> : day(at);
}

function Revoke({ one }: { one: Key }) {
  const [asked, setAsked] = useState(false);
  const revoke = useAction(
    async () => void (await api.DELETE("/v1/api-keys/{key_id}", { params: { path: { key_id: one.id } } })),
    { refresh: [["get", "/v1/api-keys"]], done: `${one.name} is revoked`, onDone: () => setAsked(false) },
  );
  if (one.revoked_at) return null;
  return (
    <>
      <Button size="sm" look="quiet" onClick={() => setAsked(true)}>
        Revoke
      </Button>
      <Dialog
        open={asked}
        onClose={() => setAsked(false)}
        title={`Revoke ${one.name}?`}
        actions={
          <>
            <Button onClick={() => setAsked(false)}>Keep it</Button>
            <Button look="danger" busy={revoke.isPending} onClick={() => revoke.mutate(undefined)}>
              Revoke
            </Button>
          </>
        }
      >
        <p className="text-ink-soft">
          Whatever uses it is refused from its next request on. This cannot be taken back.
        </p>
      </Dialog>
    </>
  );
}
