"use client";

import { Search } from "lucide-react";
import type { FormEvent } from "react";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { TagInput } from "@/ui/tags";
import { type Filters, NO_FILTERS, SENIORITIES, SIZES, WORD_FILTERS, isBlank } from "./filters";
import { Picks } from "./picks";

type Props = {
  filters: Filters;
  change: (part: Partial<Filters>) => void;
  onLook: () => void;
  busy: boolean;
  /** Somebody is found already: getting them is the next thing to do. */
  found: boolean;
  disabled: boolean;
};

/** Filters narrow each other; the values within one widen it. */
export function SearchForm({ filters, change, onLook, busy, found, disabled }: Props) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onLook();
  };
  return (
    <form className="flex flex-col gap-5" onSubmit={submit}>
      <div className="grid gap-x-6 gap-y-4 sm:grid-cols-2">
        {WORD_FILTERS.map(({ name, label, placeholder }) => (
          <Field key={name} label={label}>
            <TagInput
              value={filters[name]}
              placeholder={placeholder}
              maxLength={200}
              onChange={(words) => change({ [name]: words })}
            />
          </Field>
        ))}
      </div>
      <Picks
        label="Seniority"
        options={SENIORITIES}
        value={filters.seniorities}
        onChange={(seniorities) => change({ seniorities: seniorities as Filters["seniorities"] })}
      />
      <Picks
        label="Employees of the company"
        options={SIZES}
        value={filters.employee_ranges}
        onChange={(employee_ranges) => change({ employee_ranges })}
      />
      <Field label="Keywords" hint="Anything else that stands in a profile." className="sm:max-w-md">
        <Input
          maxLength={500}
          value={filters.keywords}
          onChange={(event) => change({ keywords: event.target.value })}
        />
      </Field>
      <div className="flex items-center gap-2">
        <Button
          type="submit"
          look={found ? "secondary" : "primary"}
          icon={<Search aria-hidden />}
          busy={busy}
          disabled={disabled}
          title={isBlank(filters) ? "Fill in at least one field." : undefined}
        >
          Look for people
        </Button>
        {!isBlank(filters) && (
          <Button look="quiet" onClick={() => change(NO_FILTERS)}>
            Clear
          </Button>
        )}
      </div>
    </form>
  );
}
