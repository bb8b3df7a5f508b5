"use client";

import { ExternalLink } from "lucide-react";
import { type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { count } from "@/lib/format";
import { useMay } from "@/session/me";
import { Button } from "@/ui/button";
import { Fact, Facts, Section } from "@/ui/page";

type Billing = Schemas["BillingAnswer"];

const ALLOWED: [keyof Schemas["EntitlementsAnswer"], string][] = [
  ["rows_per_job", "Rows in a job"],
  ["concurrent_jobs", "Jobs at once"],
  ["mailboxes", "Mailboxes"],
  ["members", "Members"],
  ["api_requests_per_minute", "Requests a minute"],
];
const REFRESH = [
  ["get", "/v1/billing"],
  ["get", "/v1/credits"],
];

/** The plan there is, in Stripe's words and ours, and what can be done about it. */
export function Plan({ billing }: { billing: Billing }) {
  const may = useMay("billing");
  const portal = useAction(
    async (_: void, key) =>
      (await api.POST("/v1/billing/portal", { params: { header: { "Idempotency-Key": key } } })).data!,
    { onDone: ({ url }) => location.assign(url) },
  );
  const cancel = useAction(async () => (await api.POST("/v1/billing/subscription/cancel")).data!, {
    refresh: REFRESH,
    done: ({ says }) => says,
  });
  const resume = useAction(async () => (await api.POST("/v1/billing/subscription/resume")).data!, {
    refresh: REFRESH,
    done: ({ says }) => says,
  });
  const pay = billing.subscription?.dunning?.pay_url ?? billing.subscription?.unpaid?.pay_url;
  return (
    <Section
      title="Your plan"
      description={billing.says}
      actions={
        may && (
          <>
            {pay && (
              <a className="font-medium text-accent-ink hover:underline" href={pay}>
                Pay now
              </a>
            )}
            {billing.can.includes("resume") && (
              <Button busy={resume.isPending} onClick={() => resume.mutate(undefined)}>
                Let it go on
              </Button>
            )}
            {billing.can.includes("portal") && (
              <Button icon={<ExternalLink aria-hidden />} busy={portal.isPending} onClick={() => portal.mutate()}>
                Card and invoices at Stripe
              </Button>
            )}
            {billing.can.includes("cancel") && (
              <Button look="quiet" busy={cancel.isPending} onClick={() => cancel.mutate(undefined)}>
                Cancel at the end of the period
              </Button>
            )}
          </>
        )
      }
    >
      <Facts>
        {ALLOWED.map(([key, label]) => (
          <Fact key={key} name={label}>
            <span className="num">
              {billing.entitlements[key] === null ? "No limit" : count(billing.entitlements[key])}
            </span>
          </Fact>
        ))}
      </Facts>
    </Section>
  );
}
