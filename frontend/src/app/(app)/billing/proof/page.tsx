import type { Metadata } from "next";
import { Suspense } from "react";
import { Proof } from "@/features/billing/proof";

export const metadata: Metadata = { title: "Proof" };

export default function Page() {
  return (
    <Suspense>
      <Proof />
    </Suspense>
  );
}
