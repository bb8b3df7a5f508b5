import type { Metadata } from "next";
import { Suspense } from "react";
import { Templates } from "@/features/templates/templates";

export const metadata: Metadata = { title: "Templates" };

export default function Page() {
  return (
    <Suspense>
      <Templates />
    </Suspense>
  );
}
