import type { Metadata } from "next";
import { Suspense } from "react";
import { Ledger } from "@/features/billing/ledger";

export const metadata: Metadata = { title: "Ledger" };

export default function Page() {
  return (
    <Suspense>
      <Ledger />
    </Suspense>
  );
}
