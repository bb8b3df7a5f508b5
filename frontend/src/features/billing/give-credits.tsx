"use client";

import { useState } from "react";
import { type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { plural } from "@/lib/format";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { Section } from "@/ui/page";

/** For operators of the installation only: credits for the workspace they are in. */
export function GiveCredits() {
  const [credits, setCredits] = useState("");
  const [reason, setReason] = useState("");
  const give = useAction(
    async (body: Schemas["GrantBody"], key) =>
      (await api.POST("/v1/credits/grants", { params: { header: { "Idempotency-Key": key } }, body })).data!,
    {
      refresh: [
        ["get", "/v1/credits"],
        ["get", "/v1/credits/grants"],
      ],
      done: (grant) => `${plural(grant.credits, "credit")} given`,
      quiet: true,
      onDone: () => {
        setCredits("");
        setReason("");
      },
    },
  );
  return (
    <Section
      title="Give credits"
      description="You run this installation: give this workspace credits. It stands in the ledger."
    >
      <form
        className="flex flex-wrap items-start gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          give.mutate({ credits: Number(credits), reason: reason.trim(), kind: "promotional" });
        }}
      >
        <Field label="Credits" error={give.error?.message} className="w-40">
          <Input
            type="number"
            min={1}
            step={1}
            required
            value={credits}
            onChange={(event) => setCredits(event.target.value)}
          />
        </Field>
        <Field label="Reason" className="w-72">
          <Input required maxLength={200} value={reason} onChange={(event) => setReason(event.target.value)} />
        </Field>
        <Button type="submit" className="mt-7" busy={give.isPending}>
          Give
        </Button>
      </form>
    </Section>
  );
}
