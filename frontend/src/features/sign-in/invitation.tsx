"use client";

import { useEffect, useState } from "react";
import { api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { signOut } from "@/session/session";
import { useSession } from "@/session/use-session";
import { chooseWorkspace } from "@/session/workspace";
import { Button, ButtonLink } from "@/ui/button";
import { Notice, Skeleton } from "@/ui/states";
import { fragment } from "./link-token";

const KEPT = "corofy.invitation";

/** Opened from an invitation. The token waits in this tab while its reader signs in or up. */
export function Invitation() {
  const { session } = useSession();
  const [token, setToken] = useState<string | null | undefined>(undefined);
  useEffect(() => {
    const brought = fragment().get("token");
    if (brought) sessionStorage.setItem(KEPT, brought);
    // Read once the page stands: what is built ahead of time knows no address.
    queueMicrotask(() => setToken(brought ?? sessionStorage.getItem(KEPT)));
  }, []);
  const accept = useAction(
    async (wish: { token: string }) => (await api.POST("/v1/invitations/accept", { body: wish })).data!,
    {
      quiet: true,
      onDone: (joined) => {
        sessionStorage.removeItem(KEPT);
        chooseWorkspace(joined.workspace_id);
      },
    },
  );
  if (token === undefined || session === undefined) return <Skeleton className="h-32" />;
  if (token === null) {
    return (
      <>
        <h1 className="mb-4 text-xl font-semibold">This is no invitation</h1>
        <Notice tone="bad">This link is not complete. Open it from the mail, or ask for another invitation.</Notice>
      </>
    );
  }
  if (session === null) {
    return (
      <>
        <h1 className="text-xl font-semibold">You are invited</h1>
        <p className="mt-2 text-ink-soft">
          Sign in, or make an account, with the address that the invitation was sent to.
        </p>
        <div className="mt-6 flex gap-2">
          <ButtonLink look="primary" href="/sign-up?next=/invitation">
            Make an account
          </ButtonLink>
          <ButtonLink href="/sign-in?next=/invitation">Sign in</ButtonLink>
        </div>
      </>
    );
  }
  return (
    <>
      <h1 className="text-xl font-semibold">Join the workspace</h1>
      <p className="mt-2 text-ink-soft">
        You are signed in as <strong className="font-medium text-ink">{session.user.email}</strong>.
      </p>
      {accept.error && (
        <Notice tone="bad" className="mt-4">
          {accept.error.message}
        </Notice>
      )}
      <div className="mt-6 flex gap-2">
        <Button look="primary" busy={accept.isPending} onClick={() => accept.mutate({ token })}>
          Accept the invitation
        </Button>
        <Button onClick={() => void signOut()}>Use another account</Button>
      </div>
    </>
  );
}
