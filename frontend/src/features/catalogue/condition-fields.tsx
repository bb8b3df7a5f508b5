"use client";

import { X } from "lucide-react";
import { IconButton } from "@/ui/button";
import { Input, Select } from "@/ui/field";
import { TagInput } from "@/ui/tags";
import { type Condition, FIELDS, type Field, OPERATORS, type Operator } from "./catalogue";

/** One test of a row: what, how, and with which words or figures. */
export function ConditionFields({
  place,
  condition,
  onChange,
  onRemove,
}: {
  place: number;
  condition: Condition;
  onChange: (condition: Condition) => void;
  onRemove: () => void;
}) {
  const set = (part: Partial<Condition>) => onChange({ ...condition, ...part });
  const operate = (operator: Operator) => {
    const worded = operator !== "between" && operator !== "is_empty";
    set({ operator, values: worded ? condition.values : [], at_least: null, at_most: null });
  };
  return (
    <fieldset className="flex flex-col gap-2 border-l-2 border-line-strong pl-3">
      <legend className="sr-only">Condition {place}</legend>
      <div className="flex items-center gap-2">
        <Select
          aria-label="What is looked at"
          value={condition.field}
          onChange={(event) => {
            const field = event.target.value as Field;
            set({ field, column: field === "column" ? condition.column : "" });
          }}
        >
          {Object.entries(FIELDS).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </Select>
        <Select
          aria-label="How"
          value={condition.operator}
          onChange={(event) => operate(event.target.value as Operator)}
        >
          {Object.entries(OPERATORS).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </Select>
        <IconButton label={`Remove condition ${place}`} onClick={onRemove}>
          <X aria-hidden />
        </IconButton>
      </div>
      {condition.field === "column" && (
        <Input
          aria-label="Name of the column"
          placeholder="Name of the column"
          required
          maxLength={200}
          value={condition.column}
          onChange={(event) => set({ column: event.target.value })}
        />
      )}
      {condition.operator === "between" ? (
        <div className="flex items-center gap-2">
          <Bound label="At least" value={condition.at_least} onChange={(at_least) => set({ at_least })} />
          <span className="text-ink-faint">to</span>
          <Bound label="At most" value={condition.at_most} onChange={(at_most) => set({ at_most })} />
        </div>
      ) : (
        condition.operator !== "is_empty" && (
          <TagInput
            aria-label="Words"
            placeholder="Words, each with Enter; *oil* finds gear oils, too"
            value={condition.values}
            onChange={(values) => set({ values })}
          />
        )
      )}
    </fieldset>
  );
}

function Bound({
  label,
  value,
  onChange,
}: {
  label: string;
  value: number | null | undefined;
  onChange: (value: number | null) => void;
}) {
  return (
    <Input
      type="number"
      step="any"
      aria-label={label}
      placeholder={label}
      value={value ?? ""}
      onChange={(event) => onChange(event.target.value === "" ? null : Number(event.target.value))}
    />
  );
}
