"use client";

import { Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { $api, PAGED } from "@/api/client";
import { count } from "@/lib/format";
import { useAddress } from "@/lib/use-address";
import { useIdParam } from "@/lib/use-id-param";
import { useMay } from "@/session/me";
import { Badge, Status } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Section } from "@/ui/page";
import { Empty, Loaded } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { ReadOnly } from "../settings-frame";
import { type Mailbox, carrier, standing } from "./mailbox";

const AddMailbox = lazy(() => import("./add-mailbox"));
const MailboxPanel = lazy(() => import("./mailbox-panel"));

/** The mailboxes that campaigns send through; one of them is open beside the list. */
export function Mailboxes() {
  const mailboxes = $api.useInfiniteQuery("get", "/v1/mailboxes", { params: { query: { limit: 50 } } }, PAGED);
  const may = useMay("settings");
  const [adding, setAdding] = useState(false);
  const [, say] = useAddress();
  const opened = useIdParam();
  const add = (
    <Button
      look="primary"
      icon={<Plus aria-hidden />}
      disabled={!may}
      title={may ? undefined : "Owners and admins add mailboxes"}
      onClick={() => setAdding(true)}
    >
      Add mailbox
    </Button>
  );
  return (
    <>
      <ReadOnly />
      <Section
        title="Mailboxes"
        description="Campaigns send through them in turn, each within its own quota. A person always hears from the same one."
        actions={add}
      >
        <Loaded query={mailboxes}>
          {({ pages }) => {
            const rows = pages.flatMap((page) => page.items);
            if (rows.length === 0) {
              return (
                <Empty title="No mailbox yet">
                  Add the one you write from. Nothing is sent before you start a campaign.
                </Empty>
              );
            }
            return (
              <DataTable
                label="Mailboxes"
                rows={rows}
                id={(one) => one.id}
                more={mailboxes}
                onOpen={(one) => say({ id: one.id })}
                selected={(one) => one.id === opened}
                columns={[
                  { title: "Mailbox", cell: (one) => <Named one={one} /> },
                  { title: "Carried by", from: "md", cell: carrier },
                  { title: "State", cell: (one) => <State one={one} /> },
                  {
                    title: "A day",
                    from: "sm",
                    numeric: true,
                    cell: (one) => (one.daily_quota === null ? "No limit" : count(one.daily_quota)),
                  },
                ]}
              />
            );
          }}
        </Loaded>
      </Section>
      <Suspense>
        {adding && <AddMailbox onClose={() => setAdding(false)} onAdded={(id) => say({ id })} />}
        {opened && <MailboxPanel key={opened} id={opened} onClose={() => say({ id: null })} />}
      </Suspense>
    </>
  );
}

function Named({ one }: { one: Mailbox }) {
  return (
    <>
      <span className="font-medium break-all">{one.address}</span>
      <span className="flex flex-wrap items-center gap-x-2 text-[0.8125rem] text-ink-faint">
        {one.name}
        {one.shared && <Badge title="The installation's own: it serves every workspace">Shared</Badge>}
        {one.sandboxed && <Badge tone="warn">Sandbox</Badge>}
      </span>
    </>
  );
}

function State({ one }: { one: Mailbox }) {
  const { label, tone } = standing(one);
  return (
    <>
      <Status tone={tone}>{label}</Status>
      <span className="line-clamp-2 max-w-80 text-[0.8125rem] text-ink-soft first-letter:uppercase">
        {one.paused_detail ?? one.trouble}
      </span>
    </>
  );
}
