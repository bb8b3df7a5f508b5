"use client";

import { useState } from "react";
import { $api, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { chooseWorkspace } from "@/session/workspace";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Input } from "@/ui/field";
import { Section } from "@/ui/page";

/** The end of the workspace. Its name has to be typed. */
export function DeleteWorkspace() {
  const name = $api.useQuery("get", "/v1/workspace").data?.name;
  const [asked, setAsked] = useState(false);
  const [typed, setTyped] = useState("");
  const remove = useAction(
    async (said: string) => (await api.DELETE("/v1/workspace", { params: { query: { name: said } } })).data!,
    {
      quiet: true,
      onDone: () => chooseWorkspace(null),
    },
  );
  return (
    <Section
      title="Delete the workspace"
      description="For everybody in it, with all that is in it. Nothing is sent any more, and the subscription ends."
      actions={
        <Button look="danger" disabled={name === undefined} onClick={() => setAsked(true)}>
          Delete the workspace
        </Button>
      }
    >
      <Dialog
        open={asked}
        onClose={() => setAsked(false)}
        title={`Delete ${name}?`}
        actions={
          <>
            <Button onClick={() => setAsked(false)}>Keep it</Button>
            <Button
              look="danger"
              type="submit"
              form="delete-workspace"
              busy={remove.isPending}
              disabled={typed !== name}
            >
              Delete for good
            </Button>
          </>
        }
      >
        <p className="mb-4 text-ink-soft">
          Lists, results, campaigns, mails, mailboxes, keys and files go, for every member. Credits that are left are
          lost. What the law asks to be kept stays: the books, and who wants no mail, without their addresses. This
          cannot be taken back.
        </p>
        <form
          id="delete-workspace"
          onSubmit={(event) => {
            event.preventDefault();
            remove.mutate(typed);
          }}
        >
          <Field label={`Type “${name}” to go on`} error={remove.error?.message}>
            <Input
              required
              autoFocus
              autoComplete="off"
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          </Field>
        </form>
      </Dialog>
    </Section>
  );
}
