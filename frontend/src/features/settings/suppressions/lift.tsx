"use client";

import { useState } from "react";
import { api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { words } from "@/lib/format";
import { useMay } from "@/session/me";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Textarea } from "@/ui/field";
import { Fact, Facts } from "@/ui/page";
import { Instant } from "@/ui/time";
import { REASONS, SUPPRESSION_KEYS, type Suppression, whom } from "./suppression";

/** Lets somebody be written to again, for a reason that is kept. */
export function Lift({ one }: { one: Suppression }) {
  const [asked, setAsked] = useState(false);
  const [note, setNote] = useState("");
  const may = useMay("settings");
  const lift = useAction(
    async (body: { note: string }) =>
      void (await api.POST("/v1/suppressions/{suppression_id}/lift", {
        params: { path: { suppression_id: one.id }, query: { scope: one.scope } },
        body,
      })),
    {
      refresh: SUPPRESSION_KEYS,
      quiet: true,
      done: `${whom(one.email)} may be written to again`,
      onDone: () => setAsked(false),
    },
  );
  if (!may || one.reason === "erased") return null;
  const proof = Object.entries(one.proof);
  return (
    <>
      <Button size="sm" look="quiet" onClick={() => setAsked(true)}>
        Lift
      </Button>
      <Dialog
        open={asked}
        onClose={() => setAsked(false)}
        title={`Write to ${one.email} again?`}
        actions={
          <>
            <Button onClick={() => setAsked(false)}>Leave it</Button>
            <Button look="primary" type="submit" form="lift" busy={lift.isPending}>
              Lift
            </Button>
          </>
        }
      >
        <Facts className="mb-4">
          <Fact name="Because">{REASONS[one.reason]}</Fact>
          <Fact name="Since">
            <Instant at={one.created_at} />
          </Fact>
          {one.note && <Fact name="Note">{one.note}</Fact>}
          {proof.map(([name, value]) => (
            <Fact key={name} name={words(name)}>
              {value}
            </Fact>
          ))}
        </Facts>
        <form
          id="lift"
          onSubmit={(event) => {
            event.preventDefault();
            lift.mutate({ note: note.trim() });
          }}
        >
          <Field label="Why they may be written to again" hint="Kept in the history" error={lift.error?.message}>
            <Textarea required maxLength={500} value={note} onChange={(event) => setNote(event.target.value)} />
          </Field>
        </form>
      </Dialog>
    </>
  );
}
