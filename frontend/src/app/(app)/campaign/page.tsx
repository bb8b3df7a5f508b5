import type { Metadata } from "next";
import { Suspense } from "react";
import { Campaign } from "@/features/campaigns/campaign";

export const metadata: Metadata = { title: "Campaign" };

export default function Page() {
  return (
    <Suspense>
      <Campaign />
    </Suspense>
  );
}
