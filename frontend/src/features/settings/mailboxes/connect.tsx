"use client";

import { useRouter } from "next/navigation";
import { useEffect, useRef, useState } from "react";
import { api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { ButtonLink } from "@/ui/button";
import { PageHeader } from "@/ui/page";
import { Notice, SkeletonRows } from "@/ui/states";
import { MAILBOX_KEYS } from "./mailbox";

/** Where Google and Microsoft send people back to: what they brought along connects the mailbox, once. */
export function Connect() {
  const router = useRouter();
  const [refused, setRefused] = useState<string | null>(null);
  const finish = useAction(
    async (body: { state: string; code: string }, key) =>
      (await api.POST("/v1/mailboxes/oauth/finish", { body, params: { header: { "Idempotency-Key": key } } })).data!,
    {
      quiet: true,
      refresh: MAILBOX_KEYS,
      done: (made) => `${made.address} is connected`,
      onDone: (made) => router.replace(`/settings/mailboxes?id=${made.id}`),
      onRefused: (problem) => setRefused(problem.message),
    },
  );
  const { mutate } = finish;
  const begun = useRef(false);
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    const brought = new URLSearchParams(location.hash.slice(1));
    const [state, code, error] = ["state", "code", "error"].map((name) => brought.get(name));
    // The code is a secret for as long as it serves: neither the history nor a copied address keeps it.
    history.replaceState(null, "", location.pathname);
    if (state && code) mutate({ state, code });
    else
      setRefused(error === "access_denied" ? "The consent was not given." : "The way back brought no consent along.");
  }, [mutate]);
  return (
    <>
      <PageHeader title="Connect a mailbox" back={{ href: "/settings/mailboxes", label: "Mailboxes" }} />
      {refused === null ? (
        <SkeletonRows rows={2} />
      ) : (
        <Notice
          tone="bad"
          title="The mailbox is not connected"
          action={
            <ButtonLink size="sm" href="/settings/mailboxes">
              Back to mailboxes
            </ButtonLink>
          }
        >
          {refused} Start again from the mailboxes.
        </Notice>
      )}
    </>
  );
}
