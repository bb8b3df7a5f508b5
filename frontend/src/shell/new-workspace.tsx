"use client";

import { useState } from "react";
import { api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { chooseWorkspace } from "@/session/workspace";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Input } from "@/ui/field";

export function NewWorkspace({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [name, setName] = useState("");
  const make = useAction(
    async (wish: { name: string; time_zone: string }, key) =>
      (await api.POST("/v1/workspaces", { body: wish, params: { header: { "Idempotency-Key": key } } })).data!,
    { onDone: (workspace) => chooseWorkspace(workspace.id), quiet: true },
  );
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="New workspace"
      description="Its own lists, members, credits and settings."
      actions={
        <Button look="primary" type="submit" form="new-workspace" busy={make.isPending}>
          Make it
        </Button>
      }
    >
      <form
        id="new-workspace"
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate({ name: name.trim(), time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone });
        }}
      >
        <Field label="Name" error={make.error?.message}>
          <Input autoFocus required maxLength={80} value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
      </form>
    </Dialog>
  );
}
