"use client";

import { Download } from "lucide-react";
import { api, download, type Schemas } from "@/api/client";
import { asProblem } from "@/api/problem";
import { useAction } from "@/api/use-action";
import { count, plural } from "@/lib/format";
import { useMay } from "@/session/me";
import { Button } from "@/ui/button";
import { Checkbox } from "@/ui/field";
import { Section } from "@/ui/page";
import { toast } from "@/ui/toast";
import { REASONS, type Reason, type Takeable, isReason } from "./set-aside-words";

const SEEN = [
  ["get", "/v1/lists"],
  ["get", "/v1/lists/{list_id}"],
  ["get", "/v1/lists/{list_id}/recipients"],
];

/** Who of a list is not written to, reason by reason, and what can be done about it. */
export function SetAside({ list }: { list: Schemas["ListOut"] }) {
  const may = useMay("sending");
  const path = { list_id: list.id };
  const takeIn = useAction(
    async (reason: Takeable) =>
      (await api.POST("/v1/lists/{list_id}/take-in", { params: { path }, body: { reason } })).data!,
    { refresh: SEEN, done: ({ taken_in }) => `${plural(taken_in, "row")} taken in` },
  );
  const keep = useAction(
    async (keeps_roles: boolean) =>
      (await api.PATCH("/v1/lists/{list_id}", { params: { path }, body: { keeps_roles } })).data!,
    { refresh: SEEN },
  );
  const reasons = Object.entries(list.set_aside_reasons)
    .filter((one): one is [Reason, number] => isReason(one[0]))
    .sort(([, a], [, b]) => b - a);
  return (
    <Section
      title="Set aside"
      description="These rows are not written to."
      actions={
        <Button
          size="sm"
          icon={<Download aria-hidden />}
          onClick={() =>
            void download(`/v1/lists/${list.id}/set-aside.csv`).catch((error: unknown) =>
              toast.problem(asProblem(error)),
            )
          }
        >
          Download CSV
        </Button>
      }
    >
      <ul className="flex flex-col">
        {reasons.map(([reason, rows]) => (
          <li key={reason} className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b py-2.5 first:border-t">
            <span className="min-w-8 shrink-0 font-medium num">{count(rows)}</span>
            <span className="min-w-0 flex-1 basis-52">
              <span className="font-medium">{REASONS[reason].label}</span>{" "}
              <span className="text-ink-soft">{REASONS[reason].means}</span>
            </span>
            {REASONS[reason].takeable && may && (
              <Button size="sm" busy={takeIn.isPending} onClick={() => takeIn.mutate(reason as Takeable)}>
                Write to them anyway
              </Button>
            )}
          </li>
        ))}
      </ul>
      <Checkbox
        className="mt-4"
        label="Write to shared desks of this list"
        hint="Also to those of rows that are still to come. A campaign that has started keeps who it has."
        checked={list.keeps_roles}
        disabled={!may || keep.isPending}
        onChange={(event) => keep.mutate(event.target.checked)}
      />
    </Section>
  );
}
