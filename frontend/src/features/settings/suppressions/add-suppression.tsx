"use client";

import { useState } from "react";
import { type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog-parts";
import { Field, Input, Select } from "@/ui/field";
import { REASONS, SUPPRESSION_KEYS, type Scope } from "./suppression";

type Wish = Schemas["SuppressionIn"];

const BY_HAND = ["asked", "complained", "bounced", "unsubscribed"] as const;

/** An address or a whole domain to leave alone from now on. */
export default function AddSuppression({ scope, onClose }: { scope: Scope; onClose: () => void }) {
  const [email, setEmail] = useState("");
  const [reason, setReason] = useState<Wish["reason"]>("asked");
  const [note, setNote] = useState("");
  const add = useAction(
    async (body: Wish, key) =>
      (await api.POST("/v1/suppressions", { body, params: { header: { "Idempotency-Key": key } } })).data!,
    {
      refresh: SUPPRESSION_KEYS,
      quiet: true,
      done: (made) => `${made.email} is not written to any more`,
      onDone: onClose,
    },
  );
  return (
    <Dialog
      open
      onClose={onClose}
      title={scope === "global" ? "Let no workspace write to" : "Do not contact"}
      description="Running campaigns end for them at once."
      actions={
        <Button look="primary" type="submit" form="suppress" busy={add.isPending}>
          Leave them alone
        </Button>
      }
    >
      <form
        id="suppress"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate({ email: email.trim(), reason, note: note.trim(), scope });
        }}
      >
        <Field label="Address" hint="Or @domain for everybody there" error={add.error?.message}>
          <Input required autoFocus value={email} onChange={(event) => setEmail(event.target.value)} />
        </Field>
        <Field label="Because">
          <Select value={reason} onChange={(event) => setReason(event.target.value as Wish["reason"])}>
            {BY_HAND.map((one) => (
              <option key={one} value={one}>
                {REASONS[one]}
              </option>
            ))}
          </Select>
        </Field>
        <Field label="Note" aside="Optional">
          <Input maxLength={500} value={note} onChange={(event) => setNote(event.target.value)} />
        </Field>
      </form>
    </Dialog>
  );
}
