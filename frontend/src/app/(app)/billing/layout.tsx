import type { ReactNode } from "react";
import { BillingFrame } from "@/features/billing/billing-frame";

export default function Layout({ children }: { children: ReactNode }) {
  return <BillingFrame>{children}</BillingFrame>;
}
