"use client";

import { ChevronLeft, ChevronRight } from "lucide-react";
import { $api, type Schemas } from "@/api/client";
import { IconButton } from "@/ui/button";
import { Input, Select } from "@/ui/field";

/** For whom a preview is made: a row of a list (its first without a number), or a made-up person. */
export type Whom = { list: string | null; row: number | null };
type Props = {
  value: Whom;
  shown: Pick<Schemas["PreviewOut"], "email" | "row_no"> | undefined;
  onChange: (whom: Whom) => void;
};

export function PreviewFor({ value, shown, onChange }: Props) {
  const lists = $api.useQuery("get", "/v1/lists", { params: { query: { limit: 100 } } });
  const row = value.row ?? shown?.row_no ?? 1;
  const go = (next: number) => onChange({ ...value, row: Math.max(1, next) });
  return (
    <div className="mb-4 flex flex-wrap items-center gap-2">
      <h2 className="font-medium">Preview for</h2>
      <Select
        aria-label="List"
        className="w-auto max-w-56 truncate"
        value={value.list ?? ""}
        onChange={(event) => onChange({ list: event.target.value || null, row: null })}
      >
        <option value="">A made-up person</option>
        {(lists.data?.items ?? []).map((list) => (
          <option key={list.id} value={list.id}>
            {list.name}
          </option>
        ))}
      </Select>
      {value.list !== null && (
        <span className="inline-flex items-center gap-1">
          <IconButton label="Lead before" disabled={row <= 1} onClick={() => go(row - 1)}>
            <ChevronLeft aria-hidden />
          </IconButton>
          <Input
            type="number"
            aria-label="Row"
            min={1}
            className="w-20 num"
            value={row}
            onChange={(event) => event.target.value !== "" && go(Number(event.target.value))}
          />
          <IconButton label="Next lead" onClick={() => go(row + 1)}>
            <ChevronRight aria-hidden />
          </IconButton>
        </span>
      )}
      {value.list !== null && shown?.email && <span className="break-all text-ink-faint">{shown.email}</span>}
    </div>
  );
}
