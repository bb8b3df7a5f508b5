"use client";

import { useState } from "react";
import { $api, PAGED, type Schemas } from "@/api/client";
import { Address } from "@/ui/address";
import { Badge } from "@/ui/badge";
import { SidePanel } from "@/ui/dialog";
import { Choices } from "@/ui/field";
import { Empty, Loaded } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { LineForm } from "./line-form";

type Line = Schemas["LineOut"];

/** The opening lines of a campaign's leads, to read, change and approve. */
export function Lines({ campaign }: { campaign: Schemas["CampaignOut"] }) {
  const [which, setWhich] = useState<"all" | "open">("all");
  const [open, setOpen] = useState<Line | null>(null);
  const lines = $api.useInfiniteQuery(
    "get",
    "/v1/campaigns/{campaign_id}/lines",
    { params: { path: { campaign_id: campaign.id }, query: which === "all" ? {} : { state: which } } },
    PAGED,
  );
  return (
    <>
      <div className="mb-3">
        <Choices
          label="Which lines"
          value={which}
          onChange={setWhich}
          options={[
            { value: "all", label: "All" },
            { value: "open", label: "Not approved" },
          ]}
        />
      </div>
      <Loaded query={lines}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          if (rows.length === 0) {
            return which === "open" ? (
              <Empty title="Every line is approved">There is nothing left to read.</Empty>
            ) : (
              <Empty title="No opening lines">
                This list was not researched. Its leads get what the template says without a line.
              </Empty>
            );
          }
          return (
            <DataTable
              label="Opening lines"
              rows={rows}
              id={(line) => line.lead_id}
              onOpen={setOpen}
              selected={(line) => line.lead_id === open?.lead_id}
              more={lines}
              columns={[
                { title: "Row", numeric: true, from: "sm", className: "w-14", cell: (line) => line.row_no },
                { title: "Email", from: "md", className: "min-w-56", cell: (line) => <Address of={line.email} /> },
                { title: "Line", className: "min-w-48", cell: (line) => line.line },
                { title: "State", cell: (line) => <LineState line={line} /> },
              ]}
            />
          );
        }}
      </Loaded>
      <SidePanel
        open={open !== null}
        onClose={() => setOpen(null)}
        title="Opening line"
        description={open ? `${open.email}, row ${open.row_no}` : undefined}
      >
        {open && <LineForm key={open.lead_id} campaign={campaign} line={open} onSaved={() => setOpen(null)} />}
      </SidePanel>
    </>
  );
}

function LineState({ line }: { line: Line }) {
  return (
    <span className="inline-flex flex-wrap gap-1">
      {line.approved && <Badge tone="good">Approved</Badge>}
      {line.edited && <Badge>Edited</Badge>}
    </span>
  );
}
