import type { Metadata } from "next";
import { Suspense } from "react";
import { Upload } from "@/features/upload/upload";

export const metadata: Metadata = { title: "New job" };

export default function Page() {
  return (
    <Suspense>
      <Upload />
    </Suspense>
  );
}
