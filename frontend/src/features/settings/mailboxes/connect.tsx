"use client";

import { useRouter } from "next/navigation";
import { useEffect, useRef } from "react";
import { api } from "@/api/client";
import { Problem } from "@/api/problem";
import { useAction } from "@/api/use-action";
import { ButtonLink } from "@/ui/button";
import { PageHeader } from "@/ui/page";
import { Notice, SkeletonRows } from "@/ui/states";
import { MAILBOX_KEYS } from "./mailbox";

type Brought = Record<"state" | "code" | "error", string | null>;

const DENIED = "The consent was not given.";
const LOST = "The way back brought no consent along.";

/** Where Google and Microsoft send people back to: what they brought along connects the mailbox, once. */
export function Connect() {
  const router = useRouter();
  const finish = useAction(
    async ({ state, code, error }: Brought, key) => {
      if (state === null || code === null)
        throw new Problem(400, "no_consent", error === "access_denied" ? DENIED : LOST);
      const header = { "Idempotency-Key": key };
      return (await api.POST("/v1/mailboxes/oauth/finish", { body: { state, code }, params: { header } })).data!;
    },
    {
      quiet: true,
      refresh: MAILBOX_KEYS,
      done: (made) => `${made.address} is connected`,
      onDone: (made) => router.replace(`/settings/mailboxes?id=${made.id}`),
    },
  );
  const { mutate } = finish;
  const begun = useRef(false);
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    const brought = new URLSearchParams(location.hash.slice(1));
    // The code is a secret for as long as it serves: neither the history nor a copied address keeps it.
    history.replaceState(null, "", location.pathname);
    mutate({ state: brought.get("state"), code: brought.get("code"), error: brought.get("error") });
  }, [mutate]);
  return (
    <>
      <PageHeader title="Connect a mailbox" back={{ href: "/settings/mailboxes", label: "Mailboxes" }} />
      {finish.error === null ? (
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
          {finish.error.message} Start again from the mailboxes.
        </Notice>
      )}
    </>
  );
}
