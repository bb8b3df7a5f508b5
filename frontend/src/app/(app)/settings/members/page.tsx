import type { Metadata } from "next";
import { Suspense } from "react";
import { Members } from "@/features/settings/members";

export const metadata: Metadata = { title: "Members" };

export default function Page() {
  return (
    <Suspense>
      <Members />
    </Suspense>
  );
}
