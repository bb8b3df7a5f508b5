import type { Metadata } from "next";
import { Suspense } from "react";
import { Data } from "@/features/settings/data/data";

export const metadata: Metadata = { title: "Data" };

export default function Page() {
  return (
    <Suspense>
      <Data />
    </Suspense>
  );
}
