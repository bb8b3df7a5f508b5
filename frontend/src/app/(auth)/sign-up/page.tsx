import type { Metadata } from "next";
import { Suspense } from "react";
import { SignUp } from "@/features/sign-in/sign-up";

export const metadata: Metadata = { title: "Make an account" };

export default function Page() {
  return (
    <Suspense>
      <SignUp />
    </Suspense>
  );
}
