"use client";

import { useSearchParams } from "next/navigation";
import { $api } from "@/api/client";
import { useMe } from "@/session/me";
import { Section } from "@/ui/page";
import { Loaded, Notice } from "@/ui/states";
import { Balance } from "./balance";
import { GiveCredits } from "./give-credits";
import { Grants } from "./grants";
import { Packs } from "./packs";
import { Plan } from "./plan";
import { Plans } from "./plans";

const LOOK_MS = 3_000;
const LOOKS = 40;

/** What there is, what is paid for, and how to get more. */
export function BillingOverview() {
  const came = useSearchParams().get("checkout");
  const notices = $api.useQuery("get", "/v1/billing/notices");
  const billing = $api.useQuery("get", "/v1/billing");
  const plans = $api.useQuery("get", "/v1/billing/plans");
  const isPaid = came === "done";
  // The payment may have been told of between the first look and the first live event.
  $api.useQuery("get", "/v1/credits", undefined, {
    refetchInterval: ({ state }) => isPaid && state.dataUpdateCount < LOOKS && LOOK_MS,
  });
  const isOperator = useMe().data?.operator === true;
  const sells = billing.data !== undefined && billing.data.mode !== "self_hosted";
  return (
    <>
      {isPaid && (
        <Notice tone="accent" className="mb-5" title="Thank you">
          Your credits are here as soon as Stripe has told us of the payment, mostly within seconds. Nothing more to do.
        </Notice>
      )}
      {came === "left" && <Notice className="mb-5">Nothing was bought. Whatever you had chosen is still below.</Notice>}
      {(notices.data?.items ?? []).map((notice) => (
        <Notice
          key={notice.kind}
          tone="warn"
          className="mb-3"
          action={
            notice.url && (
              <a className="font-medium text-accent-ink hover:underline" href={notice.url}>
                Open
              </a>
            )
          }
        >
          {notice.text}
        </Notice>
      ))}
      <Balance />
      <Loaded query={billing}>{(known) => <Plan billing={known} />}</Loaded>
      {sells && <Loaded query={plans}>{(known) => <Plans offer={known} billing={billing.data} />}</Loaded>}
      {sells && <Loaded query={plans}>{({ packs }) => <Packs packs={packs} />}</Loaded>}
      <Section
        title="Where your credits come from"
        description="What expires first is spent first; what you bought goes last."
      >
        <Grants />
      </Section>
      {isOperator && <GiveCredits />}
    </>
  );
}
