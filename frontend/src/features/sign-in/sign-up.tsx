"use client";

import Link from "next/link";
import { useRouter, useSearchParams } from "next/navigation";
import { useState } from "react";
import { auth } from "@/session/session";
import { Field, Input } from "@/ui/field";
import { AuthForm } from "./form";
import { nextPage } from "./next";
import { refusal } from "./words";

export function SignUp() {
  const router = useRouter();
  const search = useSearchParams().toString();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [workspace, setWorkspace] = useState("");
  const [mailed, setMailed] = useState(false);
  const signUp = async () => {
    const client = await auth();
    const address = email.trim();
    const { data, error } = await client.signUp({
      email: address,
      password,
      options: { data: workspace.trim() ? { workspace_name: workspace.trim() } : {} },
    });
    if (error) throw refusal(error);
    if (!data.session) {
      const { error: waits } = await client.signInWithPassword({ email: address, password });
      if (waits?.code === "email_not_confirmed") {
        setMailed(true);
        return;
      }
      if (waits) throw refusal(waits);
    }
    router.replace(nextPage());
  };
  if (mailed) {
    return (
      <>
        <h1 className="text-xl font-semibold">Look in your inbox</h1>
        <p className="mt-2 text-ink-soft">
          We have written to <strong className="font-medium text-ink">{email}</strong>. Open the link in that mail to go
          on.
        </p>
      </>
    );
  }
  return (
    <AuthForm
      title="Make an account"
      description="Your first rows are researched in about two minutes."
      action="Make account"
      submit={signUp}
      foot={
        <p>
          You have one?{" "}
          <Link className="font-medium text-accent-ink hover:underline" href={`/sign-in${search && `?${search}`}`}>
            Sign in
          </Link>
        </p>
      }
    >
      <Field label="Work email">
        <Input
          type="email"
          autoComplete="username"
          required
          autoFocus
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
      </Field>
      <Field label="Password" hint="At least 10 characters.">
        <Input
          type="password"
          autoComplete="new-password"
          required
          minLength={10}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      </Field>
      <Field label="Company or team" aside="Optional">
        <Input
          autoComplete="organization"
          maxLength={80}
          value={workspace}
          onChange={(event) => setWorkspace(event.target.value)}
        />
      </Field>
    </AuthForm>
  );
}
