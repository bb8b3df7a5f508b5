import type { Schemas } from "@/api/client";
import { Status } from "@/ui/badge";
import { LEADS } from "./states";

/** Where a lead of a campaign stands, with what there is to know of it. */
export function LeadStanding({ lead }: { lead: Schemas["LeadOut"] }) {
  const { label, tone, live } = LEADS[lead.state];
  return (
    <span title={lead.detail ?? undefined}>
      <Status tone={tone} live={live}>
        {label}
      </Status>
    </span>
  );
}
