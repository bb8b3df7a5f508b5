"use client";

import { $api, PAGED, type Schemas } from "@/api/client";
import { count } from "@/lib/format";
import { Badge } from "@/ui/badge";
import { ButtonLink } from "@/ui/button";
import { PageHeader } from "@/ui/page";
import { Empty, Loaded } from "@/ui/states";
import { DataTable, type More } from "@/ui/table";
import { Ago } from "@/ui/time";
import { CampaignState } from "./campaign-state";
import { leadsOf } from "./states";

/** All campaigns, newest first. */
export function Campaigns() {
  const campaigns = $api.useInfiniteQuery("get", "/v1/campaigns", { params: { query: {} } }, PAGED);
  return (
    <>
      <PageHeader
        title="Campaigns"
        description="A campaign writes to the leads of one list, each in their own working hours."
        actions={
          <ButtonLink href="/lists" look="primary">
            Start from a list
          </ButtonLink>
        }
      />
      <Loaded query={campaigns}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          return rows.length === 0 ? <NoCampaign /> : <Table rows={rows} more={campaigns} />;
        }}
      </Loaded>
    </>
  );
}

function Table({ rows, more }: { rows: Schemas["CampaignOut"][]; more: More }) {
  return (
    <DataTable
      label="Campaigns"
      rows={rows}
      id={(one) => one.id}
      href={(one) => `/campaign?id=${one.id}`}
      more={more}
      columns={[
        {
          title: "Name",
          cell: (one) => (
            <span className="inline-flex flex-wrap items-center gap-2 break-all">
              {one.name}
              {one.sandboxed && <Badge tone="warn">Sandbox</Badge>}
            </span>
          ),
        },
        { title: "State", cell: (one) => <CampaignState campaign={one} /> },
        {
          title: "Sent",
          numeric: true,
          cell: (one) => (
            <>
              {count(one.counts.sent)}
              {one.started_at && <span className="text-ink-faint"> / {count(leadsOf(one.counts))}</span>}
            </>
          ),
        },
        {
          title: "Needs a look",
          numeric: true,
          from: "md",
          cell: (one) => count(one.counts.failed + one.counts.unknown),
        },
        {
          title: "Started",
          from: "md",
          cell: (one) =>
            one.started_at ? <Ago at={one.started_at} /> : <span className="text-ink-faint">Not yet</span>,
        },
      ]}
    />
  );
}

function NoCampaign() {
  return (
    <Empty
      title="No campaign yet"
      action={
        <ButtonLink href="/lists" look="primary">
          Choose a list
        </ButtonLink>
      }
    >
      Choose a finished list and press Start sending. The rest has sensible settings already.
    </Empty>
  );
}
