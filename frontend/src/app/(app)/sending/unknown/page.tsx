import type { Metadata } from "next";
import { Suspense } from "react";
import { UnknownMails } from "@/features/sending/unknown";

export const metadata: Metadata = { title: "Unknown mails" };

export default function Page() {
  return (
    <Suspense>
      <UnknownMails />
    </Suspense>
  );
}
