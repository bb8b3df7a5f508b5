"use client";

import { Plus } from "lucide-react";
import { Suspense, lazy, useState } from "react";
import { $api, PAGED } from "@/api/client";
import { useAddress } from "@/lib/use-address";
import { useIdParam } from "@/lib/use-id-param";
import { useMay, useMe } from "@/session/me";
import { Status } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Section } from "@/ui/page";
import { Empty, Loaded, Notice, SkeletonRows } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { Ago } from "@/ui/time";
import { standing } from "./webhook";

const NewWebhook = lazy(() => import("./new-webhook"));
const WebhookPanel = lazy(() => import("./webhook-panel"));

/** Where Corofy tells other programs what happens. An address may hold a secret: owners and admins alone see them. */
export function Webhooks() {
  const known = useMe().data !== undefined;
  const may = useMay("settings");
  if (!known) return <SkeletonRows />;
  if (!may) return <Notice>Owners and admins of the workspace see and change its webhooks.</Notice>;
  return <Endpoints />;
}

function Endpoints() {
  const webhooks = $api.useInfiniteQuery("get", "/v1/webhooks", { params: { query: { limit: 50 } } }, PAGED);
  const [adding, setAdding] = useState(false);
  const [, say] = useAddress();
  const opened = useIdParam();
  return (
    <>
      <Section
        title="Webhooks"
        description="Corofy tells a URL of yours what happens: a job is done, mails were sent, a mailbox is paused. Every message is signed."
        actions={
          <Button look="primary" icon={<Plus aria-hidden />} onClick={() => setAdding(true)}>
            Add webhook
          </Button>
        }
      >
        <Loaded query={webhooks}>
          {({ pages }) => {
            const rows = pages.flatMap((page) => page.items);
            if (rows.length === 0) {
              return <Empty title="No webhook yet">Add one to have a CRM or a program follow what happens here.</Empty>;
            }
            return (
              <DataTable
                label="Webhooks"
                rows={rows}
                id={(one) => one.id}
                more={webhooks}
                onOpen={(one) => say({ id: one.id })}
                selected={(one) => one.id === opened}
                columns={[
                  {
                    title: "Where",
                    cell: (one) => (
                      <>
                        <span className="font-medium break-all">{one.url}</span>
                        <span className="block text-[0.8125rem] text-ink-faint">{one.description}</span>
                      </>
                    ),
                  },
                  {
                    title: "Is told of",
                    from: "md",
                    cell: (one) => <span className="line-clamp-2 text-ink-soft">{one.events.join(", ")}</span>,
                  },
                  {
                    title: "State",
                    cell: (one) => <Status tone={standing(one).tone}>{standing(one).label}</Status>,
                  },
                  { title: "Added", from: "lg", cell: (one) => <Ago at={one.created_at} /> },
                ]}
              />
            );
          }}
        </Loaded>
      </Section>
      <Suspense>
        {adding && <NewWebhook onClose={() => setAdding(false)} />}
        {opened && <WebhookPanel key={opened} id={opened} onClose={() => say({ id: null })} />}
      </Suspense>
    </>
  );
}
