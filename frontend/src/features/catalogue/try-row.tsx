"use client";

import { useState } from "react";
import { type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { Badge, Status } from "@/ui/badge";
import { Button } from "@/ui/button";
import { SidePanel } from "@/ui/dialog-parts";
import { Field, Input, Textarea } from "@/ui/field";
import { Failure, Notice } from "@/ui/states";
import { type Catalogue, FIELDS, type Field as Looked } from "./catalogue";

const ALWAYS: Looked[] = ["company", "industry", "title", "country"];
/** No role of a column: it is found by what the column is called. */
const SIZE = "Employees";

/** Tries a row that is typed in: what would be offered, and why each rule holds or does not. Nothing is saved or charged. */
export default function TryRow({ seen, onClose }: { seen: Catalogue; onClose: () => void }) {
  const asked = seen.rules.flatMap((rule) => rule.conditions);
  const roles = [...new Set([...ALWAYS, ...asked.map((one) => one.field)])].filter(
    (field) => field !== "keywords" && field !== "column" && field !== "company_size",
  );
  const columns = new Set(asked.filter((one) => one.field === "column").map((one) => one.column));
  if (asked.some((one) => one.field === "company_size")) columns.add(SIZE);
  const [cells, setCells] = useState<Record<string, string>>({});
  const [found, setFound] = useState("");
  const attempt = useAction(
    async (body: Schemas["TraceBody"]) => (await api.POST("/v1/catalogue/test", { body })).data!,
    { quiet: true },
  );
  const submit = () => {
    const said = Object.fromEntries(Object.entries(cells).filter(([, value]) => value.trim() !== ""));
    const mapping = Object.fromEntries(roles.filter((role) => role in said).map((role) => [role, role]));
    const sentences = found.split("\n").filter((line) => line.trim() !== "");
    attempt.mutate({ cells: said, mapping, found: sentences });
  };
  const cell = (name: string, label: string) => (
    <Field key={name} label={label}>
      <Input value={cells[name] ?? ""} onChange={(event) => setCells({ ...cells, [name]: event.target.value })} />
    </Field>
  );
  return (
    <SidePanel
      open
      onClose={onClose}
      title="Try a row"
      description="What would it be offered, and why? Nothing is saved or charged."
      actions={
        <Button look="primary" type="submit" form="try-row" busy={attempt.isPending}>
          Try it
        </Button>
      }
    >
      {attempt.error && <Failure error={attempt.error} className="mb-4" />}
      {attempt.data && <Verdict trace={attempt.data} />}
      <form
        id="try-row"
        className="grid gap-4 sm:grid-cols-2"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {roles.map((role) => cell(role, FIELDS[role]))}
        {[...columns].map((column) => cell(column, column === SIZE ? FIELDS.company_size : column))}
        <Field
          label="What research might find"
          aside="Optional"
          hint="A sentence on each line"
          className="sm:col-span-2"
        >
          <Textarea value={found} onChange={(event) => setFound(event.target.value)} />
        </Field>
      </form>
      {attempt.data && <Trace trace={attempt.data} />}
    </SidePanel>
  );
}

function Verdict({ trace }: { trace: Schemas["TraceOut"] }) {
  return (
    <div role="status" className="mb-5">
      {trace.choice ? (
        <Notice tone="accent" title={`Offered: ${trace.choice.name}`}>
          <p>{trace.choice.pitch}</p>
          <p className="text-[0.8125rem]">{trace.choice.why}</p>
        </Notice>
      ) : (
        <Notice title="No rule holds">The model then offers what fits best, where the row’s sources show it.</Notice>
      )}
    </div>
  );
}

/** Rule by rule, what the row says. */
function Trace({ trace }: { trace: Schemas["TraceOut"] }) {
  return (
    <div className="mt-6">
      <h3 className="mb-1 font-medium">Rule by rule</h3>
      <ol className="flex flex-col">
        {trace.rules.map((rule) => (
          <li key={rule.id} className="border-b py-2">
            <div className="flex flex-wrap items-center gap-2">
              <Status tone={rule.holds ? "good" : "neutral"}>{rule.name}</Status>
              <span className="text-ink-faint">{rule.holds ? "holds" : "does not hold"}</span>
              {rule.decides && <Badge tone="accent">Decides</Badge>}
              {!rule.enabled && <Badge>Off</Badge>}
            </div>
            <ul className="pl-3.5 text-[0.8125rem] text-ink-soft">
              {rule.conditions.map((condition, at) => (
                <li key={at}>{condition.why}</li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </div>
  );
}
