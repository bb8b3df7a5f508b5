import type { Metadata } from "next";
import { Suspense } from "react";
import { Job } from "@/features/jobs/job";

export const metadata: Metadata = { title: "Job" };

export default function Page() {
  return (
    <Suspense>
      <Job />
    </Suspense>
  );
}
