"use client";

import { useState } from "react";
import { $api, type Schemas } from "@/api/client";
import { count, day, plural } from "@/lib/format";
import { Section } from "@/ui/page";
import { Loaded, Skeleton } from "@/ui/states";
import { DayBars } from "./day-bars";
import { ChooseDaysAhead, type DaysAhead } from "./days-ahead";
import { DryRun } from "./dry-run";

/** How many mails leave on which day, as far as is known today. */
export function Calendar({ campaign }: { campaign: Schemas["CampaignOut"] }) {
  return (
    <>
      {campaign.state === "finished" ? (
        <p className="text-ink-soft">The campaign is finished: nothing leaves any more.</p>
      ) : (
        <>
          <Forecast campaign={campaign} />
          <DryRun campaign={campaign} />
        </>
      )}
    </>
  );
}

function Forecast({ campaign }: { campaign: Schemas["CampaignOut"] }) {
  const [days, setDays] = useState<DaysAhead>("14");
  const forecast = $api.useQuery("get", "/v1/campaigns/{campaign_id}/forecast", {
    params: { path: { campaign_id: campaign.id }, query: { days: Number(days) } },
  });
  return (
    <Section
      title="Forecast"
      description={
        campaign.state === "draft"
          ? "As if it were started now, beside the other campaigns."
          : campaign.state === "paused"
            ? "It is paused: nothing leaves before it is resumed."
            : "Beside the other campaigns, by the quotas and hours that hold today."
      }
      actions={<ChooseDaysAhead value={days} onChange={setDays} />}
    >
      <Loaded query={forecast} skeleton={<Skeleton className="h-48 w-full" />}>
        {(shown) => (
          <>
            <p className="num">{inWords(shown)}</p>
            <p className="mb-4 text-[0.8125rem] text-ink-faint">
              The days are your workspace&apos;s: for a lead far to the east it can be Monday while it is still Sunday
              here.
            </p>
            <DayBars
              label="Mails per day"
              days={shown.days.map(({ date, first_emails, follow_ups }) => ({
                date,
                mails: first_emails + follow_ups,
                note: follow_ups > 0 ? `${count(follow_ups)} of them follow-ups` : undefined,
              }))}
            />
          </>
        )}
      </Loaded>
    </Section>
  );
}

function inWords({ days, ends_on, left }: Schemas["ForecastOut"]): string {
  const mails = days.reduce((sum, { first_emails, follow_ups }) => sum + first_emails + follow_ups, 0);
  const leave = `${plural(mails, "mail")} in these days.`;
  if (ends_on) return `${leave} The last one leaves on ${day(new Date(`${ends_on}T12:00:00Z`), "UTC")}.`;
  return left > 0 ? `${leave} ${count(left)} are left after them.` : leave;
}
