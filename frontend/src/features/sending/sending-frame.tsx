"use client";

import type { ReactNode } from "react";
import { $api } from "@/api/client";
import { count } from "@/lib/format";
import { PageHeader } from "@/ui/page";
import { TabLinks } from "@/ui/tabs";

export function SendingFrame({ children }: { children: ReactNode }) {
  const dead = $api.useQuery("get", "/v1/dead-letters/causes");
  const open = dead.data?.total ?? 0;
  return (
    <>
      <PageHeader title="Sending" description="What leaves on which day, and what did not." />
      <TabLinks
        label="Sending"
        tabs={[
          { href: "/sending", label: "Overview" },
          { href: "/sending/unknown", label: "Unknown" },
          { href: "/sending/dead-letters", label: open > 0 ? `Not sent (${count(open)})` : "Not sent" },
        ]}
      />
      {children}
    </>
  );
}
