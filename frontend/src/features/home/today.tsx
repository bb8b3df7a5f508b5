"use client";

import Link from "next/link";
import { $api } from "@/api/client";
import { count, day } from "@/lib/format";
import { Figure, Figures } from "@/ui/page";
import { Skeleton } from "@/ui/states";

/** Today's mails against the quota, what is left to spend, and what has come out of it. */
export function Today() {
  const settings = $api.useQuery("get", "/v1/sending/settings");
  const campaigns = $api.useQuery("get", "/v1/campaigns", { params: { query: { limit: 50 } } });
  const credits = $api.useQuery("get", "/v1/credits");
  const usage = $api.useQuery("get", "/v1/usage");
  const running = (campaigns.data?.items ?? []).filter((one) => one.state === "active").length;
  const sent = Math.max(0, ...(campaigns.data?.items ?? []).map((one) => one.quota_today.used));
  const quota = settings.data ? (settings.data.daily_quota ?? settings.data.default_daily_quota) : 0;
  const total = usage.data?.total;
  return (
    <Figures label="Today" className="mb-7">
      <Figure name="Sent today" hint={settings.data && <>of {count(quota)} a day</>}>
        {campaigns.data ? count(sent) : <Skeleton className="my-2 w-16" />}
      </Figure>
      <Figure name="Campaigns running" hint={<Link href="/campaigns">See them</Link>}>
        {campaigns.data ? count(running) : <Skeleton className="my-2 w-10" />}
      </Figure>
      <Figure
        name="Credits"
        hint={
          credits.data &&
          (credits.data.held > 0 ? `${count(credits.data.held)} set aside for jobs` : expiry(credits.data))
        }
      >
        {credits.data ? count(credits.data.available) : <Skeleton className="my-2 w-16" />}
      </Figure>
      <Figure name="Rows researched" hint="in the last 30 days">
        {total ? count(total.real.rows_enriched + total.sandboxed.rows_enriched) : <Skeleton className="my-2 w-16" />}
      </Figure>
    </Figures>
  );
}

function expiry(credits: { expiring_soon: { expires_at: string; credits: number }[] }): string {
  const [first] = credits.expiring_soon;
  return first ? `${count(first.credits)} expire on ${day(new Date(first.expires_at))}` : "ready to use";
}
