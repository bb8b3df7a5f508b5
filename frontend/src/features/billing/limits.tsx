"use client";

import { $api } from "@/api/client";
import { useMay } from "@/session/me";
import { Section } from "@/ui/page";
import { Loaded } from "@/ui/states";
import { AlertsForm } from "./alerts-form";
import { AutoTopUp } from "./auto-top-up";
import { CapsForm } from "./caps-form";
import { MemberCaps } from "./member-caps";

export function Limits() {
  const caps = $api.useQuery("get", "/v1/billing/caps");
  const alerts = $api.useQuery("get", "/v1/billing/alerts");
  const may = useMay("billing");
  return (
    <>
      <Section
        title="Spend caps"
        description="So many credits may be set aside at most. A job that does not fit waits, and says so. Empty: no cap."
      >
        <Loaded query={caps}>{(known) => <CapsForm key={JSON.stringify(known)} known={known} />}</Loaded>
      </Section>
      {may && (
        <Section title="Caps of members" description="For one member in a month, in place of the cap for each.">
          <MemberCaps />
        </Section>
      )}
      <Section title="Alerts" description="You are told by mail, once, when the balance falls below each of these.">
        <Loaded query={alerts}>{(known) => <AlertsForm key={known.thresholds.join()} known={known} />}</Loaded>
      </Section>
      <Section title="Automatic top-up" description="Buys a pack with the card saved at Stripe when credits run low.">
        <AutoTopUp />
      </Section>
    </>
  );
}
