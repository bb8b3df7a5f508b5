"use client";

import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { PageHeader } from "@/ui/page";
import { SkeletonRows } from "@/ui/states";

/** Mails link to /mailboxes; they are kept with the settings. */
export function ToMailboxes() {
  const router = useRouter();
  useEffect(() => router.replace(`/settings/mailboxes${location.search}`), [router]);
  return (
    <>
      <PageHeader title="Mailboxes" />
      <SkeletonRows />
    </>
  );
}
