"use client";

import type { ReactNode } from "react";
import { useMay, useMe } from "@/session/me";
import { PageHeader } from "@/ui/page";
import { Notice } from "@/ui/states";
import { TabLinks } from "@/ui/tabs";

const TABS = [
  { href: "/settings", label: "Workspace" },
  { href: "/settings/sending", label: "Sending" },
  { href: "/settings/mailboxes", label: "Mailboxes" },
  { href: "/settings/providers", label: "Providers" },
  { href: "/settings/members", label: "Members" },
  { href: "/settings/api-keys", label: "API keys" },
  { href: "/settings/webhooks", label: "Webhooks" },
  { href: "/settings/suppressions", label: "Do not contact" },
  { href: "/settings/audit", label: "Audit log" },
  { href: "/settings/data", label: "Data" },
] as const;

export function SettingsFrame({ children }: { children: ReactNode }) {
  return (
    <>
      <PageHeader title="Settings" />
      <TabLinks label="Settings" tabs={TABS} />
      {children}
    </>
  );
}

/** Said above what only owners and admins may change, to everybody else. */
export function ReadOnly() {
  const role = useMe().data?.role;
  const may = useMay("settings");
  if (role === undefined || may) return null;
  return <Notice className="mb-5">Owners and admins of the workspace change these settings.</Notice>;
}
