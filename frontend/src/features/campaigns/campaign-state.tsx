import type { Schemas } from "@/api/client";
import { percent } from "@/lib/format";
import { Status } from "@/ui/badge";
import { stateOf } from "./states";

export function CampaignState({ campaign }: { campaign: Schemas["CampaignOut"] }) {
  const { label, tone, live } = stateOf(campaign.state);
  const { starting } = campaign;
  return (
    <Status tone={tone} live={live}>
      {label}
      {starting && starting.of > 0 && `, ${percent(starting.rows / starting.of)}`}
    </Status>
  );
}
