"use client";

import { usePathname, useRouter } from "next/navigation";
import { type ReactNode, useEffect } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { useSession } from "@/session/use-session";
import { Failure, Skeleton } from "@/ui/states";

/** Lets in who is signed in. Everybody else signs in first, and then comes back to where they wanted to be. */
export function Gate({ children }: { children: ReactNode }) {
  const { session, error } = useSession();
  const router = useRouter();
  const path = usePathname();
  const queries = useQueryClient();
  useEffect(() => {
    if (session !== null) return;
    queries.clear();
    const here = `${path}${location.search}`;
    router.replace(here === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(here)}`);
  }, [session, router, path, queries]);
  if (error) {
    return (
      <div className="mx-auto max-w-md px-6 pt-24">
        <Failure error={error} retry={() => location.reload()} />
      </div>
    );
  }
  if (!session) {
    return (
      <div role="status" aria-label="Loading" className="mx-auto flex max-w-3xl flex-col gap-4 px-6 pt-16">
        <Skeleton className="h-6 w-40" />
        <Skeleton className="w-3/4" />
        <Skeleton className="w-1/2" />
      </div>
    );
  }
  return children;
}
