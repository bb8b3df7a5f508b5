import type { Metadata } from "next";
import { Suspense } from "react";
import { Template } from "@/features/templates/template";

export const metadata: Metadata = { title: "Template" };

export default function Page() {
  return (
    <Suspense>
      <Template />
    </Suspense>
  );
}
