import type { Metadata } from "next";
import { Suspense } from "react";
import { WorkspaceSettings } from "@/features/settings/workspace";

export const metadata: Metadata = { title: "Workspace" };

export default function Page() {
  return (
    <Suspense>
      <WorkspaceSettings />
    </Suspense>
  );
}
