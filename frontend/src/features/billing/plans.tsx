"use client";

import { useState } from "react";
import { type Schemas } from "@/api/client";
import { count, money } from "@/lib/format";
import { useMay } from "@/session/me";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Choices } from "@/ui/field";
import { Section } from "@/ui/page";
import { DataTable } from "@/ui/table";
import type { Interval } from "./interval";
import { SwitchDialog } from "./switch-dialog";
import { useCheckout } from "./use-checkout";

type PlanOffered = Schemas["PlanAnswer"];

/** The plans that are sold, and the way to each. A switch shows first what it costs and brings. */
export function Plans({ offer, billing }: { offer: Schemas["PlansAnswer"]; billing: Schemas["BillingAnswer"] }) {
  const may = useMay("billing");
  const [interval, setInterval] = useState<Interval>(billing.subscription?.interval ?? "month");
  const [wanted, setWanted] = useState<PlanOffered | null>(null);
  const checkout = useCheckout();
  const priceOf = (plan: PlanOffered) => plan.prices.find((one) => one.interval === interval);
  const isMine = (plan: PlanOffered) =>
    billing.subscription?.plan === plan.code && billing.subscription.interval === interval;
  const choose = (plan: PlanOffered) =>
    billing.can.includes("switch") ? setWanted(plan) : checkout.mutate({ plan: plan.code, interval, quantity: 1 });
  return (
    <Section
      title="Plans"
      actions={
        <Choices<Interval>
          label="Paid"
          value={interval}
          onChange={setInterval}
          options={[
            { value: "month", label: "Monthly" },
            { value: "year", label: "Yearly" },
          ]}
        />
      }
    >
      <DataTable
        label="Plans"
        rows={offer.plans}
        id={(plan) => plan.code}
        columns={[
          {
            title: "Plan",
            cell: (plan) => (
              <span className="inline-flex flex-wrap items-center gap-x-2 font-medium">
                {plan.name}
                {isMine(plan) && <Badge tone="accent">Yours</Badge>}
              </span>
            ),
          },
          {
            title: "Credits a month",
            numeric: true,
            cell: (plan) => count(plan.credits_per_month),
          },
          { title: "Mailboxes", numeric: true, from: "md", cell: (plan) => count(plan.entitlements.mailboxes ?? 0) },
          { title: "Members", numeric: true, from: "md", cell: (plan) => count(plan.entitlements.members ?? 0) },
          {
            title: "Rows in a job",
            numeric: true,
            from: "lg",
            cell: (plan) => count(plan.entitlements.rows_per_job ?? 0),
          },
          {
            title: interval === "month" ? "A month" : "A year",
            numeric: true,
            cell: (plan) => {
              const price = priceOf(plan)?.price;
              return price ? money(price.unit_amount_minor, price.currency) : "not sold";
            },
          },
          {
            title: "",
            label: "What can be done",
            className: "text-right",
            cell: (plan) =>
              may &&
              !isMine(plan) &&
              priceOf(plan)?.price && (
                <Button size="sm" busy={checkout.isPending} onClick={() => choose(plan)}>
                  {billing.can.includes("switch")
                    ? "Switch"
                    : plan.trial_days
                      ? `Try ${plan.trial_days} days`
                      : "Choose"}
                </Button>
              ),
          },
        ]}
      />
      {wanted && <SwitchDialog plan={wanted} interval={interval} onClose={() => setWanted(null)} />}
    </Section>
  );
}
