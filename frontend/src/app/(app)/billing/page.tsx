import type { Metadata } from "next";
import { Suspense } from "react";
import { BillingOverview } from "@/features/billing/overview";

export const metadata: Metadata = { title: "Billing" };

export default function Page() {
  return (
    <Suspense>
      <BillingOverview />
    </Suspense>
  );
}
