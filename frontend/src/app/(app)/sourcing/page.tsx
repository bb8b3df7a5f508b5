import type { Metadata } from "next";
import { Suspense } from "react";
import { Sourcing } from "@/features/source/sourcing";

export const metadata: Metadata = { title: "Leads being found" };

export default function Page() {
  return (
    <Suspense>
      <Sourcing />
    </Suspense>
  );
}
