import type { Metadata } from "next";
import { Limits } from "@/features/billing/limits";

export const metadata: Metadata = { title: "Limits and alerts" };

export default function Page() {
  return <Limits />;
}
