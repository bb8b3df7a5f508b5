"use client";

import { $api, type Schemas } from "@/api/client";
import { count } from "@/lib/format";
import { Figure, Figures } from "@/ui/page";
import { Progress } from "@/ui/progress";
import { Ago, Instant } from "@/ui/time";
import { leadsOf } from "./states";

/** The figures that tell at a glance how a campaign is doing. */
export function Standing({ campaign }: { campaign: Schemas["CampaignOut"] }) {
  const { counts, quota_today: today, starting } = campaign;
  if (campaign.state === "draft") return null;
  if (starting) {
    return (
      <div className="mb-8 max-w-md">
        <p className="mb-2 text-ink-soft num">
          Taking in the list: {count(starting.rows)} of {count(starting.of)} rows. Nothing leaves before all are in.
        </p>
        <Progress label="Rows taken in" share={starting.of > 0 ? starting.rows / starting.of : 0} />
      </div>
    );
  }
  const total = leadsOf(counts) - counts.excluded;
  const look = counts.failed + counts.unknown;
  return (
    <div className="mb-8">
      <Figures className="mb-4">
        <Figure name="Sent" hint={`of ${count(total)}`}>
          {count(counts.sent)}
        </Figure>
        <Figure name="To come" hint={counts.planned > 0 ? `${count(counts.planned)} planned today` : undefined}>
          {count(counts.waiting + counts.planned + counts.deferred + counts.sending)}
        </Figure>
        <Figure name="Today" hint={`of ${count(today.limit)} a day`}>
          {count(today.used)}
        </Figure>
        {look > 0 && (
          <Figure name="Need a look" hint={`${count(counts.failed)} failed, ${count(counts.unknown)} unknown`}>
            {count(look)}
          </Figure>
        )}
        {campaign.state === "active" && <NextMail id={campaign.id} />}
      </Figures>
      <Progress label="Leads written to" share={total > 0 ? counts.sent / total : 0} />
    </div>
  );
}

function NextMail({ id }: { id: string }) {
  const why = $api.useQuery("get", "/v1/campaigns/{campaign_id}/why", { params: { path: { campaign_id: id } } });
  const [next] = (why.data?.causes ?? [])
    .flatMap(({ next_at }) => next_at ?? [])
    .sort((a, b) => Date.parse(a) - Date.parse(b));
  if (!next) return null;
  return (
    <Figure name="Next mail" hint={<Instant at={next} />}>
      <Ago at={next} />
    </Figure>
  );
}
