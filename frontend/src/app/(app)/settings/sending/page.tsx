import type { Metadata } from "next";
import { Suspense } from "react";
import { SendingSettings } from "@/features/settings/sending-settings";

export const metadata: Metadata = { title: "Sending settings" };

export default function Page() {
  return (
    <Suspense>
      <SendingSettings />
    </Suspense>
  );
}
