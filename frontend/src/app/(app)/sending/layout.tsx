import type { ReactNode } from "react";
import { SendingFrame } from "@/features/sending/sending-frame";

export default function Layout({ children }: { children: ReactNode }) {
  return <SendingFrame>{children}</SendingFrame>;
}
