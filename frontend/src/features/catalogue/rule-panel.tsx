"use client";

import { Plus } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { Button } from "@/ui/button";
import { SidePanel } from "@/ui/dialog-parts";
import { Checkbox, Field, Input, Select, Textarea } from "@/ui/field";
import { Failure } from "@/ui/states";
import type { Catalogue, Condition, Rule } from "./catalogue";
import { ConditionFields } from "./condition-fields";
import { useChange, useMayChange } from "./use-catalogue";

const FRESH: Condition = { field: "industry", operator: "contains_any", values: [], column: "" };

/** A rule to add, or one to change. */
export default function RulePanel({ seen, id, onClose }: { seen: Catalogue; id: string | null; onClose: () => void }) {
  const kept = seen.rules.find((rule) => rule.id === id);
  const [rule, setRule] = useState<Rule>(
    kept ?? { name: "", product: seen.products[0]?.id ?? "", conditions: [FRESH], pitch: "", enabled: true },
  );
  const may = useMayChange();
  const save = useChange(
    seen,
    ({ id: own, ...words }: Rule, header) =>
      own
        ? api.PATCH("/v1/catalogue/rules/{rule_id}", { body: words, params: { path: { rule_id: own }, header } })
        : api.POST("/v1/catalogue/rules", { body: words, params: { header } }),
    { done: `${rule.name} is ${kept ? "saved" : "added"}`, quiet: true, onDone: onClose },
  );
  const remove = useChange(
    seen,
    (own: string, header) =>
      api.DELETE("/v1/catalogue/rules/{rule_id}", { params: { path: { rule_id: own }, header } }),
    { done: `${rule.name} is removed. Versions has it still.`, quiet: true, onDone: onClose },
  );
  const error = save.error ?? remove.error;
  const set = (part: Partial<Rule>) => setRule((now) => ({ ...now, ...part }));
  const product = seen.products.find((one) => one.id === rule.product);
  return (
    <SidePanel
      open
      onClose={onClose}
      title={kept ? kept.name : "Add a rule"}
      actions={
        may && (
          <>
            {kept?.id && (
              <Button
                look="danger"
                className="mr-auto"
                busy={remove.isPending}
                onClick={() => remove.mutate(kept.id ?? "")}
              >
                Remove
              </Button>
            )}
            <Button look="primary" type="submit" form="rule" busy={save.isPending}>
              {kept ? "Save" : "Add rule"}
            </Button>
          </>
        )
      }
    >
      <form
        id="rule"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate({ ...rule, name: rule.name.trim() });
        }}
      >
        {error && <Failure error={error} className="mb-4" />}
        <fieldset disabled={!may} className="flex flex-col gap-4">
          <Field label="Name">
            <Input required maxLength={100} value={rule.name} onChange={(event) => set({ name: event.target.value })} />
          </Field>
          <div className="flex flex-col gap-3">
            <h3 className="font-medium">
              It holds when{rule.conditions.length > 1 ? " all of this is so" : ""}
              {rule.conditions.length === 0 && " … always"}
            </h3>
            {rule.conditions.map((condition, at) => (
              <ConditionFields
                key={at}
                place={at + 1}
                condition={condition}
                onChange={(next) => set({ conditions: rule.conditions.with(at, next) })}
                onRemove={() => set({ conditions: rule.conditions.toSpliced(at, 1) })}
              />
            ))}
            <div>
              <Button
                size="sm"
                icon={<Plus aria-hidden />}
                disabled={rule.conditions.length >= 10}
                onClick={() => set({ conditions: [...rule.conditions, FRESH] })}
              >
                Add condition
              </Button>
            </div>
          </div>
          <Field label="Then offer">
            <Select value={rule.product} onChange={(event) => set({ product: event.target.value })}>
              {seen.products.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </Select>
          </Field>
          <Field label="In other words" aside="Optional" hint={product?.pitch && `Empty: ${product.pitch}`}>
            <Textarea maxLength={500} value={rule.pitch} onChange={(event) => set({ pitch: event.target.value })} />
          </Field>
          <Checkbox
            label="The rule is on"
            checked={rule.enabled}
            onChange={(event) => set({ enabled: event.target.checked })}
          />
        </fieldset>
      </form>
    </SidePanel>
  );
}
