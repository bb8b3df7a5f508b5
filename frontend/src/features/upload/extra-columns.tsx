"use client";

import { Plus, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import type { Schemas } from "@/api/client";
import { plural } from "@/lib/format";
import { Badge } from "@/ui/badge";
import { Button, IconButton } from "@/ui/button";
import { Field, Input, Select } from "@/ui/field";
import type { Order } from "./use-order";

type Column = Schemas["ExtraColumnIn"];
type Props = { order: Order; change: (part: Partial<Order>) => void; pricePerRow: number | undefined };

const MOST = 10;
const KINDS: Record<Column["kind"], string> = {
  text: "Text",
  number: "Number",
  boolean: "Yes or no",
  date: "Date",
  list: "List",
};
const BLANK: Column = { name: "", description: "", kind: "text" };

/** Columns of one's own, by plain description. */
export function ExtraColumns({ order, change, pricePerRow }: Props) {
  const [draft, setDraft] = useState<Column | null>(null);
  const columns = order.extra_columns;
  const taken = draft !== null && columns.some(({ name }) => name.toLowerCase() === draft.name.trim().toLowerCase());
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (draft === null || taken) return;
    const column = { ...draft, name: draft.name.trim(), description: draft.description.trim() };
    change({ extra_columns: [...columns, column] });
    setDraft(null);
  };
  return (
    <div className="flex flex-col gap-4">
      {columns.length > 0 && (
        <ul className="flex flex-col">
          {columns.map((column) => (
            <li key={column.name} className="flex items-center gap-3 border-b py-2">
              <div className="min-w-0 flex-1">
                <div className="flex items-center gap-2 font-medium">
                  <span className="truncate">{column.name}</span>
                  <Badge>{KINDS[column.kind]}</Badge>
                </div>
                <p className="truncate text-[0.8125rem] text-ink-faint">{column.description}</p>
              </div>
              <IconButton
                label={`Remove ${column.name}`}
                onClick={() => change({ extra_columns: columns.filter((one) => one !== column) })}
              >
                <Trash2 aria-hidden />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
      {draft === null ? (
        <div className="flex flex-wrap items-center gap-3">
          <Button
            icon={<Plus aria-hidden />}
            disabled={columns.length >= MOST}
            title={columns.length >= MOST ? `A job has at most ${MOST} extra columns.` : undefined}
            onClick={() => setDraft(BLANK)}
          >
            Add a column
          </Button>
          {pricePerRow !== undefined && (
            <span className="text-[0.8125rem] text-ink-faint">
              {pricePerRow === 0
                ? "No extra charge."
                : `${plural(pricePerRow, "credit")} more for each row and column.`}
            </span>
          )}
        </div>
      ) : (
        <form className="flex flex-col gap-4" onSubmit={add}>
          <div className="grid gap-4 sm:grid-cols-[1fr_9rem]">
            <Field label="Name" error={taken ? "There is a column of this name already." : undefined}>
              <Input
                autoFocus
                required
                maxLength={60}
                placeholder="Sites"
                value={draft.name}
                onChange={(event) => setDraft({ ...draft, name: event.target.value })}
              />
            </Field>
            <Field label="Kind">
              <Select
                value={draft.kind}
                onChange={(event) => setDraft({ ...draft, kind: event.target.value as Column["kind"] })}
              >
                {Object.entries(KINDS).map(([kind, label]) => (
                  <option key={kind} value={kind}>
                    {label}
                  </option>
                ))}
              </Select>
            </Field>
          </div>
          <Field label="What to find out">
            <Input
              required
              maxLength={500}
              placeholder="The number of sites the company has"
              value={draft.description}
              onChange={(event) => setDraft({ ...draft, description: event.target.value })}
            />
          </Field>
          <div className="flex gap-2">
            <Button type="submit">Add column</Button>
            <Button look="quiet" onClick={() => setDraft(null)}>
              Cancel
            </Button>
          </div>
        </form>
      )}
    </div>
  );
}
