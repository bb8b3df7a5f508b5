import type { Metadata } from "next";
import { Suspense } from "react";
import { SendingOverview } from "@/features/sending/overview";

export const metadata: Metadata = { title: "Sending" };

export default function Page() {
  return (
    <Suspense>
      <SendingOverview />
    </Suspense>
  );
}
