"use client";

import { useState } from "react";
import { api } from "@/api/client";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog-parts";
import { Field, Input } from "@/ui/field";
import { Failure } from "@/ui/states";
import type { Catalogue } from "./catalogue";
import { useChange } from "./use-catalogue";

/** Everything by a file: a sheet with a line for each rule, or JSON, as the export writes them. */
export default function ImportDialog({ seen, onClose }: { seen: Catalogue; onClose: () => void }) {
  const [file, setFile] = useState<File | null>(null);
  const bring = useChange(
    seen,
    ({ text, json }: { text: string; json: boolean }, header) =>
      api.POST("/v1/catalogue/import", {
        // Sent as it lies in the file, so that a fault is named by its line.
        body: text as never,
        bodySerializer: (body) => body as unknown as string,
        headers: { "Content-Type": json ? "application/json" : "text/csv" },
        params: { header },
      }),
    { done: "The catalogue is imported", quiet: true, onDone: onClose },
  );
  const submit = async () => {
    if (file) bring.mutate({ text: await file.text(), json: file.name.toLowerCase().endsWith(".json") });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title="Import a catalogue"
      description="It replaces what is there; Versions keeps that."
      actions={
        <Button look="primary" type="submit" form="import-catalogue" busy={bring.isPending} disabled={file === null}>
          Import
        </Button>
      }
    >
      <form
        id="import-catalogue"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {bring.error && <Failure error={bring.error} className="mb-4" />}
        <Field label="File" hint="CSV or JSON, as “Export” writes them. A CSV has one line for each rule.">
          <Input
            type="file"
            required
            accept=".csv,.json"
            className="h-auto py-1.5"
            onChange={(event) => setFile(event.target.files?.[0] ?? null)}
          />
        </Field>
      </form>
    </Dialog>
  );
}
