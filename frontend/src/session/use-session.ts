"use client";

import type { Session } from "@supabase/auth-js";
import { useEffect, useState } from "react";
import { auth } from "./session";

/** Who is signed in: undefined while that is being found out, null for nobody. Follows sign-outs in other tabs. */
export function useSession(): { session: Session | null | undefined; error: unknown } {
  const [session, setSession] = useState<Session | null | undefined>(undefined);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    let stop = () => {};
    let left = false;
    auth()
      .then(async (client) => {
        const { data } = await client.getSession();
        if (left) return;
        setSession(data.session);
        const { data: watched } = client.onAuthStateChange((_, changed) => setSession(changed));
        stop = () => watched.subscription.unsubscribe();
      })
      .catch(setError);
    return () => {
      left = true;
      stop();
    };
  }, []);
  return { session, error };
}
