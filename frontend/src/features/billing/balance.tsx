"use client";

import { $api } from "@/api/client";
import { count, day, plural } from "@/lib/format";
import { Figure, Figures } from "@/ui/page";
import { Loaded, Skeleton } from "@/ui/states";

export function Balance() {
  const credits = $api.useQuery("get", "/v1/credits");
  return (
    <section aria-label="Balance" className="mb-7">
      <Loaded query={credits} skeleton={<Skeleton className="h-16 w-2/3" />}>
        {(known) => (
          <>
            <Figures>
              <Figure name="Available" hint="to spend">
                {count(known.available)}
              </Figure>
              <Figure name="Held" hint="set aside for jobs">
                {count(known.held)}
              </Figure>
              <Figure name="Settling" hint="jobs that have just ended">
                {count(known.settling)}
              </Figure>
              <Figure name="Spent" hint={`since ${day(new Date(known.period.starts_at))}`}>
                {count(known.spent_in_period)}
              </Figure>
              {known.owed > 0 && (
                <Figure name="Owed" hint="paid first by what you add">
                  <span className="text-bad">{count(known.owed)}</span>
                </Figure>
              )}
            </Figures>
            {known.expiring_soon.map((one) => (
              <p key={one.expires_at} className="mt-2 text-ink-soft">
                {plural(one.credits, "credit")} expire on {day(new Date(one.expires_at))}.
              </p>
            ))}
          </>
        )}
      </Loaded>
    </section>
  );
}
