import type { Metadata } from "next";
import { Suspense } from "react";
import { Source } from "@/features/source/source";

export const metadata: Metadata = { title: "Find leads" };

export default function Page() {
  return (
    <Suspense>
      <Source />
    </Suspense>
  );
}
