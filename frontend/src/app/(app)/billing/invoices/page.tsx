import type { Metadata } from "next";
import { Suspense } from "react";
import { Invoices } from "@/features/billing/invoices";

export const metadata: Metadata = { title: "Invoices" };

export default function Page() {
  return (
    <Suspense>
      <Invoices />
    </Suspense>
  );
}
