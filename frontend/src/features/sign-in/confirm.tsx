"use client";

import Link from "next/link";
import { useRouter } from "next/navigation";
import { useEffect, useRef, useState } from "react";
import { auth } from "@/session/session";
import { Notice, Skeleton } from "@/ui/states";
import { fragment, openAnewOnLink } from "./link-token";
import { refusal } from "./words";

/** Opened from the mail that proves an address: signs in and goes on. */
export function Confirm() {
  const router = useRouter();
  const [error, setError] = useState<string | null>(null);
  const begun = useRef(false);
  useEffect(openAnewOnLink, []);
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    const verify = async () => {
      const client = await auth();
      const token = fragment().get("token_hash");
      if (token === null) {
        if ((await client.getSession()).data.session === null)
          throw new Error("This link is not complete. Open it from the mail.");
      } else {
        const { error: refused } = await client.verifyOtp({ token_hash: token, type: "email" });
        if (refused) throw refusal(refused);
      }
      router.replace("/");
    };
    verify().catch((failure: unknown) => setError(failure instanceof Error ? failure.message : String(failure)));
  }, [router]);
  if (error === null) {
    return (
      <div role="status">
        <h1 className="text-xl font-semibold">Confirming your address</h1>
        <Skeleton className="mt-4 w-2/3" />
      </div>
    );
  }
  return (
    <>
      <h1 className="mb-4 text-xl font-semibold">Your address is not confirmed</h1>
      <Notice tone="bad">{error}</Notice>
      <p className="mt-6">
        <Link href="/sign-in" className="font-medium text-accent-ink hover:underline">
          Go to sign in
        </Link>
      </p>
    </>
  );
}
