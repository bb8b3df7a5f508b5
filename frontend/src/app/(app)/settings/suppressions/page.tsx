import type { Metadata } from "next";
import { Suspense } from "react";
import { Suppressions } from "@/features/settings/suppressions/suppressions";

export const metadata: Metadata = { title: "Do not contact" };

export default function Page() {
  return (
    <Suspense>
      <Suppressions />
    </Suspense>
  );
}
