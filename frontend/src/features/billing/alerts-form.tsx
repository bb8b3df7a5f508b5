"use client";

import { useState } from "react";
import { type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { useMay } from "@/session/me";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";

export function AlertsForm({ known }: { known: Schemas["AlertsAnswer"] }) {
  const may = useMay("billing");
  const [text, setText] = useState(known.thresholds.join(", "));
  const save = useAction(
    async (body: { thresholds: number[] }) => (await api.PUT("/v1/billing/alerts", { body })).data!,
    { refresh: [["get", "/v1/billing/alerts"]], done: "Saved", quiet: true },
  );
  return (
    <form
      className="flex flex-wrap items-start gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        const thresholds = text
          .split(/[,;\s]+/)
          .filter(Boolean)
          .map(Number);
        save.mutate({ thresholds });
      }}
    >
      <Field
        label="Below"
        hint={known.is_default ? "These are the defaults." : "Credits, separated by commas. Empty: no alerts."}
        error={save.error?.message}
        className="w-72"
      >
        <Input
          inputMode="numeric"
          pattern="[0-9,;\s]*"
          disabled={!may}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </Field>
      {may && (
        <Button type="submit" className="mt-7" busy={save.isPending}>
          Save alerts
        </Button>
      )}
    </form>
  );
}
