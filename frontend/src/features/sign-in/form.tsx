"use client";

import { type FormEvent, type ReactNode, useState } from "react";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/states";

/** A short form of the pages before one is signed in: one heading, one button, and what went wrong above it. */
export function AuthForm({
  title,
  description,
  action,
  submit,
  children,
  foot,
}: {
  title: string;
  description?: ReactNode;
  action: string;
  /** Rejects with what to show. */
  submit: () => Promise<void>;
  children: ReactNode;
  foot?: ReactNode;
}) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const send = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await submit();
    } catch (refusal) {
      setError(refusal instanceof Error ? refusal.message : "Something went wrong. Try again.");
    }
    setBusy(false);
  };
  return (
    <>
      <h1 className="text-xl font-semibold tracking-[-0.012em]">{title}</h1>
      {description && <p className="mt-1 text-ink-soft">{description}</p>}
      <form onSubmit={(event) => void send(event)} className="mt-6 flex flex-col gap-4">
        {error && <Notice tone="bad">{error}</Notice>}
        {children}
        <Button type="submit" look="primary" busy={busy} className="mt-1 h-9.5 w-full">
          {action}
        </Button>
      </form>
      {foot && <div className="mt-6 flex flex-col gap-1 text-ink-soft">{foot}</div>}
    </>
  );
}
