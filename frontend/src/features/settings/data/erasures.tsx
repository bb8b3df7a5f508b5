"use client";

import { useState } from "react";
import { $api, PAGED, type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { count, words } from "@/lib/format";
import { useAddress } from "@/lib/use-address";
import { useIdParam } from "@/lib/use-id-param";
import { usePeople } from "@/session/people";
import { Status } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Dialog, SidePanel } from "@/ui/dialog";
import { Field, Input } from "@/ui/field";
import { Fact, Facts, Section } from "@/ui/page";
import { Loaded } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { Ago, Instant } from "@/ui/time";

type Erasure = Schemas["ErasureOut"];

const ERASURES = [
  ["get", "/v1/erasures"],
  ["get", "/v1/erasures/{erasure_id}"],
];
const EVERY_MS = 5_000;
const PARTS: Record<Erasure["services"][number]["service"], string> = {
  ingest: "Lists and results",
  enrich: "Research",
  sender: "Campaigns and mails",
};

/** People who asked to be forgotten, and how far that is. */
export function Erasures() {
  const erasures = $api.useInfiniteQuery(
    "get",
    "/v1/erasures",
    { params: { query: { limit: 25 } } },
    {
      ...PAGED,
      // No event tells how far it is.
      refetchInterval: ({ state }) =>
        state.data?.pages[0]?.items.some((one) => one.state === "pending") ? EVERY_MS : false,
    },
  );
  const [asking, setAsking] = useState(false);
  const [, say] = useAddress();
  const opened = useIdParam();
  return (
    <Section
      title="Erase a person"
      description="When somebody asks to be forgotten. Nothing is sent to them any more, and what is known of them goes."
      actions={<Button onClick={() => setAsking(true)}>Erase a person</Button>}
    >
      <Loaded query={erasures}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          if (rows.length === 0) return <p className="text-ink-faint">Nobody has been erased.</p>;
          return (
            <DataTable
              label="Erasures"
              rows={rows}
              id={(one) => one.id}
              more={erasures}
              onOpen={(one) => say({ id: one.id })}
              selected={(one) => one.id === opened}
              columns={[
                { title: "Who", cell: (one) => one.email },
                { title: "State", cell: (one) => <State state={one.state} /> },
                { title: "Asked", from: "sm", cell: (one) => <Ago at={one.asked_at} /> },
              ]}
            />
          );
        }}
      </Loaded>
      <Ask open={asking} onClose={() => setAsking(false)} />
      {opened && <One key={opened} id={opened} onClose={() => say({ id: null })} />}
    </Section>
  );
}

function State({ state }: { state: Erasure["state"] }) {
  return state === "done" ? <Status tone="good">Erased</Status> : <Status tone="accent">Under way</Status>;
}

function One({ id, onClose }: { id: string; onClose: () => void }) {
  const who = usePeople();
  const erasure = $api.useQuery(
    "get",
    "/v1/erasures/{erasure_id}",
    { params: { path: { erasure_id: id } } },
    { refetchInterval: ({ state }) => (state.data?.state === "pending" ? EVERY_MS : false) },
  );
  return (
    <SidePanel open onClose={onClose} title={erasure.data?.email ?? "Erasure"}>
      <Loaded query={erasure}>
        {(one) => (
          <>
            <Facts className="mb-6">
              <Fact name="State">
                <State state={one.state} />
              </Fact>
              <Fact name="Asked">
                <Instant at={one.asked_at} /> by {who(one.asked_by)}
              </Fact>
              {one.done_at && (
                <Fact name="Done">
                  <Instant at={one.done_at} />
                </Fact>
              )}
            </Facts>
            {one.services.map((part) => (
              <Section key={part.service} title={PARTS[part.service]} actions={<State state={part.state} />}>
                <Facts>
                  {Object.entries(part.erased).map(([kind, amount]) => (
                    <Fact key={kind} name={words(kind)}>
                      <span className="num">{count(amount)}</span>
                    </Fact>
                  ))}
                </Facts>
              </Section>
            ))}
          </>
        )}
      </Loaded>
    </SidePanel>
  );
}

function Ask({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [email, setEmail] = useState("");
  const erase = useAction(
    async (body: Schemas["NewErasure"], key) =>
      (await api.POST("/v1/erasures", { body, params: { header: { "Idempotency-Key": key } } })).data!,
    {
      refresh: ERASURES,
      quiet: true,
      done: "They are being erased",
      onDone: () => {
        setEmail("");
        onClose();
      },
    },
  );
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Erase a person"
      actions={
        <>
          <Button onClick={onClose}>Keep everything</Button>
          <Button look="danger" type="submit" form="erase" busy={erase.isPending}>
            Erase for good
          </Button>
        </>
      }
    >
      <p className="mb-4 text-ink-soft">
        Their rows, lines, research and mails go; campaigns end for them; no list ever brings them back. Receipts and
        counts stay. This cannot be taken back.
      </p>
      <form
        id="erase"
        onSubmit={(event) => {
          event.preventDefault();
          erase.mutate({ email: email.trim() });
        }}
      >
        <Field label="Their address" hint="Found by address only" error={erase.error?.message}>
          <Input type="email" required autoFocus value={email} onChange={(event) => setEmail(event.target.value)} />
        </Field>
      </form>
    </Dialog>
  );
}
