"use client";

import { useState } from "react";
import { $api, PAGED, type Schemas } from "@/api/client";
import { count } from "@/lib/format";
import { Address } from "@/ui/address";
import { Button } from "@/ui/button";
import { SidePanel } from "@/ui/dialog";
import { Select } from "@/ui/field";
import { Empty, Loaded } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { Ago, Instant } from "@/ui/time";
import { LeadPanel } from "./lead-panel";
import { LeadStanding } from "./lead-standing";
import { LEADS, type LeadState, zoneName, zoneSource } from "./states";

type Lead = Schemas["LeadOut"];
const STATES = Object.keys(LEADS) as LeadState[];

/** The leads of a campaign with their states; a lead tells beside the list why it has not been written to. */
export function Leads({ campaign, onCheck }: { campaign: Schemas["CampaignOut"]; onCheck: () => void }) {
  const [state, setState] = useState<LeadState | "">("");
  const [open, setOpen] = useState<Lead | null>(null);
  const leads = $api.useInfiniteQuery(
    "get",
    "/v1/campaigns/{campaign_id}/leads",
    { params: { path: { campaign_id: campaign.id }, query: state === "" ? {} : { state } } },
    {
      ...PAGED,
      enabled: campaign.state !== "draft",
    },
  );
  if (campaign.state === "draft") {
    return (
      <Empty title="No leads before the start" action={<Button onClick={onCheck}>Check every row</Button>}>
        A campaign takes in its list when it is started. Until then you can see which rows it would leave out.
      </Empty>
    );
  }
  return (
    <>
      <StateFilter counts={campaign.counts} value={state} onChange={setState} />
      <Loaded query={leads}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          if (rows.length === 0) {
            return <Empty title="No lead like that">Choose another state above, or all of them.</Empty>;
          }
          return (
            <DataTable
              label="Leads of the campaign"
              rows={rows}
              id={(lead) => String(lead.row_no)}
              onOpen={setOpen}
              selected={(lead) => lead.row_no === open?.row_no}
              more={leads}
              columns={[
                { title: "Row", numeric: true, from: "sm", className: "w-14", cell: (lead) => lead.row_no },
                { title: "Email", cell: (lead) => <Address of={lead.email} /> },
                { title: "State", cell: (lead) => <LeadStanding lead={lead} /> },
                {
                  title: "Time zone",
                  from: "md",
                  cell: (lead) => <span title={zoneSource(lead.zone_source)}>{zoneName(lead.time_zone)}</span>,
                },
                { title: "When", from: "sm", cell: (lead) => <When lead={lead} /> },
              ]}
            />
          );
        }}
      </Loaded>
      <SidePanel
        open={open !== null}
        onClose={() => setOpen(null)}
        title={open && <Address of={open.email} />}
        description={open ? `Row ${open.row_no}` : undefined}
      >
        {open && <LeadPanel campaign={campaign} lead={open} />}
      </SidePanel>
    </>
  );
}

function StateFilter({
  counts,
  value,
  onChange,
}: {
  counts: Schemas["Counts"];
  value: LeadState | "";
  onChange: (state: LeadState | "") => void;
}) {
  const known = counts as Partial<Record<LeadState, number>>;
  return (
    <Select
      aria-label="Which leads"
      className="mb-3 w-auto"
      value={value}
      onChange={(event) => onChange(event.target.value as LeadState | "")}
    >
      <option value="">All leads</option>
      {STATES.filter((state) => known[state] !== 0 || state === value).map((state) => (
        <option key={state} value={state}>
          {LEADS[state].label}
          {known[state] !== undefined && ` (${count(known[state])})`}
        </option>
      ))}
    </Select>
  );
}

function When({ lead }: { lead: Lead }) {
  if (lead.ended_at) return <Ago at={lead.ended_at} />;
  if (lead.planned_at) return <Instant at={lead.planned_at} />;
  return null;
}
