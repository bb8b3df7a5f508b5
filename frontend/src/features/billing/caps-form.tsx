"use client";

import { useState } from "react";
import { type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { count } from "@/lib/format";
import { useMay } from "@/session/me";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { Notice } from "@/ui/states";
import { shown, whole } from "./whole";

export function CapsForm({ known }: { known: Schemas["CapsAnswer"] }) {
  const may = useMay("billing");
  const [perDay, setPerDay] = useState(shown(known.per_day));
  const [perMonth, setPerMonth] = useState(shown(known.per_month));
  const [perMember, setPerMember] = useState(shown(known.per_member));
  const save = useAction(async (body: Schemas["CapsBody"]) => (await api.PUT("/v1/billing/caps", { body })).data!, {
    refresh: [["get", "/v1/billing/caps"]],
    done: "Saved",
    quiet: true,
  });
  const fields = [
    {
      label: "A day",
      hint: `${count(known.spent_today)} today (${known.time_zone})`,
      value: perDay,
      set: setPerDay,
    },
    { label: "A month", hint: `${count(known.spent_this_month)} this month`, value: perMonth, set: setPerMonth },
    {
      label: "Each member, a month",
      hint: `You: ${count(known.spent_by_you_this_month)}`,
      value: perMember,
      set: setPerMember,
    },
  ];
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ per_day: whole(perDay), per_month: whole(perMonth), per_member: whole(perMember) });
      }}
    >
      {save.error && <Notice tone="bad">{save.error.message}</Notice>}
      <div className="flex flex-wrap gap-4">
        {fields.map((field) => (
          <Field key={field.label} label={field.label} hint={field.hint} className="w-48">
            <Input
              type="number"
              min={0}
              step={1}
              disabled={!may}
              placeholder="no cap"
              value={field.value}
              onChange={(event) => field.set(event.target.value)}
            />
          </Field>
        ))}
      </div>
      {may && (
        <div>
          <Button type="submit" busy={save.isPending}>
            Save caps
          </Button>
        </div>
      )}
    </form>
  );
}
