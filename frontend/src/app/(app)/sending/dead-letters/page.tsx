import type { Metadata } from "next";
import { Suspense } from "react";
import { DeadLetters } from "@/features/sending/dead-letters";

export const metadata: Metadata = { title: "Mails that were not sent" };

export default function Page() {
  return (
    <Suspense>
      <DeadLetters />
    </Suspense>
  );
}
