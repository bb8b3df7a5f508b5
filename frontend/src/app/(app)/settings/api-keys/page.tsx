import type { Metadata } from "next";
import { Suspense } from "react";
import { ApiKeys } from "@/features/settings/api-keys";

export const metadata: Metadata = { title: "API keys" };

export default function Page() {
  return (
    <Suspense>
      <ApiKeys />
    </Suspense>
  );
}
