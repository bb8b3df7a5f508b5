import type { Metadata } from "next";
import { Suspense } from "react";
import { Providers } from "@/features/settings/providers";

export const metadata: Metadata = { title: "Providers" };

export default function Page() {
  return (
    <Suspense>
      <Providers />
    </Suspense>
  );
}
