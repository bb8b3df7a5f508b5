"use client";

import type { ReactNode } from "react";
import { $api } from "@/api/client";
import { PageHeader } from "@/ui/page";
import { Notice } from "@/ui/states";
import { TabLinks } from "@/ui/tabs";

const TABS = [
  { href: "/billing", label: "Plan and credits" },
  { href: "/billing/limits", label: "Limits and alerts" },
  { href: "/billing/ledger", label: "Ledger" },
  { href: "/billing/invoices", label: "Invoices" },
  { href: "/billing/proof", label: "Proof" },
] as const;

export function BillingFrame({ children }: { children: ReactNode }) {
  const billing = $api.useQuery("get", "/v1/billing");
  return (
    <>
      <PageHeader title="Billing" />
      <TabLinks label="Billing" tabs={TABS} />
      {billing.data?.mode === "sandbox" && (
        <Notice tone="warn" className="mb-5" title="Sandbox">
          Nothing here is paid for with real money. The card 4242 4242 4242 4242 always works.
        </Notice>
      )}
      {billing.data?.mode === "self_hosted" && (
        <Notice className="mb-5" title="Self-hosted">
          Nothing is sold here: whoever runs this installation gives credits.
        </Notice>
      )}
      {children}
    </>
  );
}
