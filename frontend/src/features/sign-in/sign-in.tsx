"use client";

import Link from "next/link";
import { useRouter, useSearchParams } from "next/navigation";
import { useEffect, useState } from "react";
import { auth } from "@/session/session";
import { useSession } from "@/session/use-session";
import { Field, Input } from "@/ui/field";
import { AuthForm } from "./form";
import { nextPage } from "./next";
import { refusal } from "./words";

export function SignIn() {
  const router = useRouter();
  const { session } = useSession();
  const search = useSearchParams().toString();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  useEffect(() => {
    if (session) router.replace(nextPage());
  }, [session, router]);
  return (
    <AuthForm
      title="Sign in"
      action="Sign in"
      submit={async () => {
        const { error } = await (await auth()).signInWithPassword({ email: email.trim(), password });
        if (error) throw refusal(error);
      }}
      foot={
        <p>
          New here?{" "}
          <Link className="font-medium text-accent-ink hover:underline" href={`/sign-up${search && `?${search}`}`}>
            Make an account
          </Link>
        </p>
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
      <Field
        label="Password"
        aside={
          <Link href="/reset" className="rounded text-accent-ink hover:underline">
            Forgotten?
          </Link>
        }
      >
        <Input
          type="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      </Field>
    </AuthForm>
  );
}
