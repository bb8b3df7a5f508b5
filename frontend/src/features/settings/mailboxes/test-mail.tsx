"use client";

import { useState } from "react";
import { api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { useMe } from "@/session/me";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { Section } from "@/ui/page";
import { Notice } from "@/ui/states";
import type { Mailbox } from "./mailbox";

/** Sends one mail through it, and says what the server said. */
export function TestMail({ one }: { one: Mailbox }) {
  const mine = useMe().data?.email ?? "";
  const [to, setTo] = useState<string | null>(null);
  const attempt = useAction(
    async (body: { to: string }) =>
      (await api.POST("/v1/mailboxes/{mailbox_id}/test", { params: { path: { mailbox_id: one.id } }, body })).data!,
    { quiet: true },
  );
  const well = attempt.data?.ended_at === "sent" || attempt.data?.ended_at === "let_in";
  return (
    <Section title="Test it">
      <form
        className="flex flex-wrap items-end gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          attempt.mutate({ to: (to ?? mine).trim() });
        }}
      >
        <Field label="Send a test mail to" className="min-w-56 flex-1" error={attempt.error?.message}>
          <Input type="email" required value={to ?? mine} onChange={(event) => setTo(event.target.value)} />
        </Field>
        <Button type="submit" busy={attempt.isPending}>
          Send test
        </Button>
      </form>
      {attempt.data && (
        <Notice tone={well ? "accent" : "bad"} className="mt-3" title={well ? "It works" : "It did not work"}>
          {attempt.data.said}
        </Notice>
      )}
    </Section>
  );
}
