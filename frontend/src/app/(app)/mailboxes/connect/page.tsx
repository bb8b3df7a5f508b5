import type { Metadata } from "next";
import { Suspense } from "react";
import { Connect } from "@/features/settings/mailboxes/connect";

export const metadata: Metadata = { title: "Connect a mailbox" };

export default function Page() {
  return (
    <Suspense>
      <Connect />
    </Suspense>
  );
}
