"use client";

import Link from "next/link";
import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { auth } from "@/session/session";
import { Field, Input } from "@/ui/field";
import { Skeleton } from "@/ui/states";
import { AuthForm } from "./form";
import { fragment, openAnewOnLink } from "./link-token";
import { refusal } from "./words";

/** Asks for the mail, and, opened from it, for the new password. */
export function Reset() {
  const [token, setToken] = useState<string | null | undefined>(undefined);
  const [opened, setOpened] = useState(false);
  useEffect(openAnewOnLink, []);
  useEffect(() => {
    let left = false;
    const brought = fragment();
    // Supabase's own links have signed in already when the page stands: its client reads the address.
    void auth()
      .then((client) => client.getSession())
      .then(({ data }) => {
        if (left) return;
        setOpened(data.session !== null && brought.get("type") === "recovery" && !brought.has("token_hash"));
        setToken(brought.get("token_hash"));
      })
      .catch(() => setToken(brought.get("token_hash")));
    return () => {
      left = true;
    };
  }, []);
  if (token === undefined) return <Skeleton className="h-40" />;
  return token !== null || opened ? <NewPassword token={token} /> : <AskForMail />;
}

function AskForMail() {
  const [email, setEmail] = useState("");
  const [asked, setAsked] = useState(false);
  if (asked) {
    return (
      <>
        <h1 className="text-xl font-semibold">Look in your inbox</h1>
        <p className="mt-2 text-ink-soft">
          If <strong className="font-medium text-ink">{email}</strong> has an account, a link is on its way. It serves
          once, for an hour.
        </p>
        <p className="mt-6">
          <Link href="/sign-in" className="font-medium text-accent-ink hover:underline">
            Back to sign in
          </Link>
        </p>
      </>
    );
  }
  return (
    <AuthForm
      title="Reset your password"
      description="We mail you a link."
      action="Send the link"
      submit={async () => {
        const { error } = await (
          await auth()
        ).resetPasswordForEmail(email.trim(), { redirectTo: `${location.origin}/reset` });
        if (error) throw refusal(error);
        setAsked(true);
      }}
      foot={
        <Link href="/sign-in" className="font-medium text-accent-ink hover:underline">
          Back to sign in
        </Link>
      }
    >
      <Field label="Email">
        <Input
          type="email"
          autoComplete="username"
          required
          autoFocus
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
      </Field>
    </AuthForm>
  );
}

function NewPassword({ token }: { token: string | null }) {
  const router = useRouter();
  const [password, setPassword] = useState("");
  const [verified, setVerified] = useState(token === null);
  return (
    <AuthForm
      title="Choose a new password"
      description="It ends all your other sessions."
      action="Set password"
      submit={async () => {
        const client = await auth();
        if (!verified && token !== null) {
          const { error } = await client.verifyOtp({ token_hash: token, type: "recovery" });
          if (error) throw refusal(error);
          setVerified(true);
        }
        const { error } = await client.updateUser({ password });
        if (error) throw refusal(error);
        router.replace("/");
      }}
    >
      <Field label="New password" hint="At least 10 characters.">
        <Input
          type="password"
          autoComplete="new-password"
          required
          autoFocus
          minLength={10}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      </Field>
    </AuthForm>
  );
}
