import type { Metadata } from "next";
import { Suspense } from "react";
import { ToMailboxes } from "@/features/settings/mailboxes/to-mailboxes";

export const metadata: Metadata = { title: "Mailboxes" };

export default function Page() {
  return (
    <Suspense>
      <ToMailboxes />
    </Suspense>
  );
}
