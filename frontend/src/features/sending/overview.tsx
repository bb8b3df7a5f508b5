"use client";

import { useState } from "react";
import { $api } from "@/api/client";
import { DayBars } from "@/features/campaigns/day-bars";
import { ChooseDaysAhead, type DaysAhead } from "@/features/campaigns/days-ahead";
import { Today } from "@/features/home/today";
import { count, day, plural } from "@/lib/format";
import { Section } from "@/ui/page";
import { Loaded, Skeleton } from "@/ui/states";
import { Mails } from "./mails";

/** The day, the days to come, and the mails themselves. */
export function SendingOverview() {
  return (
    <>
      <Today />
      <Forecast />
      <Mails />
    </>
  );
}

function Forecast() {
  const [days, setDays] = useState<DaysAhead>("30");
  const forecast = $api.useQuery("get", "/v1/sending/forecast", { params: { query: { days: Number(days) } } });
  return (
    <Section
      title="Forecast"
      description="All running campaigns together, by the quotas and hours that hold today."
      actions={<ChooseDaysAhead value={days} onChange={setDays} />}
    >
      <Loaded query={forecast} skeleton={<Skeleton className="h-48 w-full" />}>
        {(known) => {
          const mails = known.days.reduce((sum, one) => sum + one.first_emails + one.follow_ups, 0);
          if (mails === 0) return <p className="text-ink-faint">No campaign has anything left to send.</p>;
          return (
            <>
              <p className="mb-4 num">
                {plural(mails, "mail")} in these days
                {known.ends_on ? `; the last one leaves on ${day(new Date(`${known.ends_on}T12:00:00Z`), "UTC")}.` : ""}
                {known.left > 0 ? `; ${count(known.left)} are left after them.` : ""}
              </p>
              <DayBars
                label="Mails per day"
                days={known.days.map((one) => ({
                  date: one.date,
                  mails: one.first_emails + one.follow_ups,
                  note: `${plural(one.campaigns.length, "campaign")}`,
                }))}
              />
            </>
          );
        }}
      </Loaded>
    </Section>
  );
}
