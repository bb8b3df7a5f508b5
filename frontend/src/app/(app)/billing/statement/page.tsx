import type { Metadata } from "next";
import { Suspense } from "react";
import { Statement } from "@/features/billing/statement";

export const metadata: Metadata = { title: "Statement" };

export default function Page() {
  return (
    <Suspense>
      <Statement />
    </Suspense>
  );
}
