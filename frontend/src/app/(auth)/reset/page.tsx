import type { Metadata } from "next";
import { Suspense } from "react";
import { Reset } from "@/features/sign-in/reset";

export const metadata: Metadata = { title: "Reset your password" };

export default function Page() {
  return (
    <Suspense>
      <Reset />
    </Suspense>
  );
}
