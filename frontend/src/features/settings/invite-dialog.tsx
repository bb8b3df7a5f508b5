"use client";

import { useState } from "react";
import { api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Input, Select } from "@/ui/field";
import { ROLES } from "./roles";

type Invited = "viewer" | "member" | "admin";

export function InviteDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Invited>("member");
  const invite = useAction(
    async (body: { email: string; role: Invited }, key) =>
      (await api.POST("/v1/invitations", { params: { header: { "Idempotency-Key": key } }, body })).data!,
    {
      refresh: [["get", "/v1/invitations"]],
      done: (made) => `An invitation is on its way to ${made.email}`,
      quiet: true,
      onDone: () => {
        setEmail("");
        onClose();
      },
    },
  );
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Invite somebody"
      description="They get a link by mail. It serves once, for seven days."
      actions={
        <Button look="primary" type="submit" form="invite" busy={invite.isPending}>
          Send invitation
        </Button>
      }
    >
      <form
        id="invite"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          invite.mutate({ email: email.trim(), role });
        }}
      >
        <Field label="Email" error={invite.error?.message}>
          <Input type="email" required autoFocus value={email} onChange={(event) => setEmail(event.target.value)} />
        </Field>
        <Field label="Role">
          <Select value={role} onChange={(event) => setRole(event.target.value as Invited)}>
            {(["viewer", "member", "admin"] as const).map((one) => (
              <option key={one} value={one}>
                {ROLES[one]}
              </option>
            ))}
          </Select>
        </Field>
      </form>
    </Dialog>
  );
}
