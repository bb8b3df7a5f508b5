import type { ReactNode } from "react";
import { LiveProvider } from "@/api/live";
import { Frame } from "@/shell/frame";
import { Gate } from "@/shell/gate";

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <Gate>
      <LiveProvider>
        <Frame>{children}</Frame>
      </LiveProvider>
    </Gate>
  );
}
