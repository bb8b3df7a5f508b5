"use client";

import { useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { usePathname, useRouter } from "next/navigation";
import { type ReactNode, useEffect, useState } from "react";
import { hasCome, hasLeft } from "@/session/session";
import { useSession } from "@/session/use-session";
import { Failure, Skeleton } from "@/ui/states";

const SignInAgain = dynamic(() => import("./sign-in-again"), { ssr: false });

/**
 * Lets in who is signed in. Everybody else signs in first, and then comes back to where they wanted to be. Whose session ends
 * while they are at work signs in again over the page, which keeps what they have typed.
 */
export function Gate({ children }: { children: ReactNode }) {
  const { session, error } = useSession();
  const router = useRouter();
  const path = usePathname();
  const queries = useQueryClient();
  const [known, setKnown] = useState<{ id: string; email: string } | null>(null);
  const user = session?.user;
  if (user && user.id !== known?.id) setKnown({ id: user.id, email: user.email ?? "" });
  const ended = session === null && known !== null && known.email !== "" && !hasLeft();
  useEffect(() => {
    if (session) hasCome();
    if (session !== null || ended) return;
    queries.clear();
    const here = `${path}${location.search}`;
    router.replace(here === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(here)}`);
  }, [session, ended, router, path, queries]);
  if (error) {
    return (
      <div className="mx-auto max-w-md px-6 pt-24">
        <Failure error={error} retry={() => location.reload()} />
      </div>
    );
  }
  if (!session && !ended) {
    return (
      <div role="status" aria-label="Loading" className="mx-auto flex max-w-3xl flex-col gap-4 px-6 pt-16">
        <Skeleton className="h-6 w-40" />
        <Skeleton className="w-3/4" />
        <Skeleton className="w-1/2" />
      </div>
    );
  }
  return (
    <>
      {children}
      {ended && <SignInAgain email={known.email} />}
    </>
  );
}
