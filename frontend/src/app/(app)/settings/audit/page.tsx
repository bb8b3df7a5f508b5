import type { Metadata } from "next";
import { Suspense } from "react";
import { Audit } from "@/features/settings/audit";

export const metadata: Metadata = { title: "Audit log" };

export default function Page() {
  return (
    <Suspense>
      <Audit />
    </Suspense>
  );
}
