"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { refusal } from "@/features/sign-in/words";
import { auth, signOut } from "@/session/session";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Input } from "@/ui/field";
import { Notice } from "@/ui/states";

/** Asks whoever was at work for their password again, over the page they were at. It goes when there is a session. */
export default function SignInAgain({ email }: { email: string }) {
  const queries = useQueryClient();
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const signIn = async () => {
    setBusy(true);
    const { error } = await (await auth()).signInWithPassword({ email, password });
    setBusy(false);
    setProblem(error && refusal(error).message);
    if (!error) void queries.invalidateQueries();
  };
  // Whatever is on the page is not for anybody else: a whole new page drops it.
  // eslint-disable-next-line @next/next/no-location-assign-relative-destination
  const leave = () => void signOut().finally(() => location.assign("/sign-in"));
  return (
    <Dialog
      open
      title="Sign in again"
      description={`Your session has ended. Nothing is lost: sign in as ${email}, and go on.`}
      actions={
        <>
          <Button onClick={leave}>I am somebody else</Button>
          <Button look="primary" type="submit" form="sign-in-again" busy={busy}>
            Sign in
          </Button>
        </>
      }
    >
      <form
        id="sign-in-again"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void signIn();
        }}
      >
        {problem && <Notice tone="bad">{problem}</Notice>}
        <input type="email" autoComplete="username" value={email} readOnly hidden />
        <Field label="Password">
          <Input
            type="password"
            autoComplete="current-password"
            required
            autoFocus
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </Field>
      </form>
    </Dialog>
  );
}
