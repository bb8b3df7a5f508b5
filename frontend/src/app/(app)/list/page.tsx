import type { Metadata } from "next";
import { Suspense } from "react";
import { List } from "@/features/lists/list";

export const metadata: Metadata = { title: "List" };

export default function Page() {
  return (
    <Suspense>
      <List />
    </Suspense>
  );
}
