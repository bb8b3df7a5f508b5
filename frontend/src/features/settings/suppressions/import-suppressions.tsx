"use client";

import { useState } from "react";
import { api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { plural } from "@/lib/format";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog-parts";
import { Field, Input } from "@/ui/field";
import { Failure, Notice } from "@/ui/states";
import { SUPPRESSION_KEYS, type Scope } from "./suppression";

/** A file of addresses and domains that are not to be written to. */
export default function ImportSuppressions({ scope, onClose }: { scope: Scope; onClose: () => void }) {
  const [file, setFile] = useState<File | null>(null);
  const [note, setNote] = useState("");
  const bring = useAction(
    async (wish: { text: string; note: string }) =>
      (
        await api.POST("/v1/suppressions/import", {
          body: wish.text,
          bodySerializer: (body) => body,
          headers: { "Content-Type": "text/csv" },
          params: { query: { scope, note: wish.note } },
        })
      ).data!,
    { refresh: SUPPRESSION_KEYS, quiet: true },
  );
  const submit = async () => {
    if (file) bring.mutate({ text: await file.text(), note: note.trim() });
  };
  const went = bring.data;
  return (
    <Dialog
      open
      onClose={onClose}
      title="Import addresses"
      actions={
        went ? (
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        ) : (
          <Button look="primary" type="submit" form="bring" busy={bring.isPending} disabled={file === null}>
            Import
          </Button>
        )
      }
    >
      {went ? (
        <>
          <Notice tone={went.bad > 0 ? "warn" : "accent"} title={`${plural(went.added, "address", "addresses")} added`}>
            {went.known > 0 && `${plural(went.known, "was", "were")} known already. `}
            {went.bad > 0 && `${plural(went.bad, "line")} not understood.`}
          </Notice>
          <ul className="mt-3 flex flex-col gap-1 text-ink-soft">
            {went.bad_lines.map((line) => (
              <li key={line.line_no}>
                Line {line.line_no}: {line.problem}
              </li>
            ))}
          </ul>
        </>
      ) : (
        <form
          id="bring"
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            void submit();
          }}
        >
          {bring.error && <Failure error={bring.error} />}
          <Field label="File" hint="CSV: one address or @domain on each line, or a table with a column “Email”.">
            <Input
              type="file"
              required
              accept=".csv,.txt,.tsv"
              className="h-auto py-1.5"
              onChange={(event) => setFile(event.target.files?.[0] ?? null)}
            />
          </Field>
          <Field label="Note" aside="Optional" hint="Kept with each, such as “customers of Acme”">
            <Input maxLength={500} value={note} onChange={(event) => setNote(event.target.value)} />
          </Field>
        </form>
      )}
    </Dialog>
  );
}
