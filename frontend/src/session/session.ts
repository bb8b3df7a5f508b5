"use client";

import type { GoTrueClient, Session } from "@supabase/auth-js";
import { config } from "./config";
import { forgetWorkspace } from "./workspace";

let made: Promise<GoTrueClient> | null = null;

/** Supabase's own client, for Supabase or for the issuer of this installation, which speaks as it does. */
export function auth(): Promise<GoTrueClient> {
  made ??= Promise.all([config(), import("@supabase/auth-js")])
    .then(
      ([
        {
          auth: { url, anon_key },
        },
        { GoTrueClient },
      ]) =>
        new GoTrueClient({
          url: `${url || location.origin}/auth/v1`,
          headers: anon_key ? { apikey: anon_key, Authorization: `Bearer ${anon_key}` } : {},
          storageKey: "corofy.session",
          autoRefreshToken: true,
          persistSession: true,
          detectSessionInUrl: true,
          flowType: "implicit",
        }),
    )
    .catch((error: unknown) => {
      made = null;
      throw error;
    });
  return made;
}

export async function session(): Promise<Session | null> {
  return (await (await auth()).getSession()).data.session;
}

/** The access token of whoever is signed in, renewed when it is about to end; null when nobody is. */
export async function accessToken(): Promise<string | null> {
  return (await session())?.access_token ?? null;
}

let renewing: Promise<string | null> | null = null;

/** Another token for one that the API no longer takes; null, and signed out here, when there is none. All askers share it. */
export function renewedToken(): Promise<string | null> {
  renewing ??= auth()
    .then(async (client) => {
      const { data } = await client.refreshSession();
      if (data.session === null) await client.signOut({ scope: "local" });
      return data.session?.access_token ?? null;
    })
    .finally(() => {
      renewing = null;
    });
  return renewing;
}

/** Set while nobody is signed in because somebody wished so, in this tab or another; a session may also just have ended. */
const LEFT = "corofy.left";

export function hasLeft(): boolean {
  return localStorage.getItem(LEFT) !== null;
}

export async function signOut(): Promise<void> {
  localStorage.setItem(LEFT, "1");
  forgetWorkspace();
  await (await auth()).signOut();
}

export function hasCome(): void {
  localStorage.removeItem(LEFT);
}
