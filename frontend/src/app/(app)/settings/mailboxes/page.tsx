import type { Metadata } from "next";
import { Suspense } from "react";
import { Mailboxes } from "@/features/settings/mailboxes/mailboxes";

export const metadata: Metadata = { title: "Mailboxes" };

export default function Page() {
  return (
    <Suspense>
      <Mailboxes />
    </Suspense>
  );
}
