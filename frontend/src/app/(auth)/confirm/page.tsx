import type { Metadata } from "next";
import { Suspense } from "react";
import { Confirm } from "@/features/sign-in/confirm";

export const metadata: Metadata = { title: "Confirm your address" };

export default function Page() {
  return (
    <Suspense>
      <Confirm />
    </Suspense>
  );
}
