import type { Metadata } from "next";
import { Suspense } from "react";
import { Lists } from "@/features/lists/lists";

export const metadata: Metadata = { title: "Lists" };

export default function Page() {
  return (
    <Suspense>
      <Lists />
    </Suspense>
  );
}
