"use client";

import { useState } from "react";
import { $api, type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { count, money } from "@/lib/format";
import { useMay } from "@/session/me";
import { Button } from "@/ui/button";
import { Field, Input, Select } from "@/ui/field";
import { Loaded, Notice } from "@/ui/states";

const REFRESH = [
  ["get", "/v1/billing/auto-top-up"],
  ["get", "/v1/billing/notices"],
];

export function AutoTopUp() {
  const topUp = $api.useQuery("get", "/v1/billing/auto-top-up");
  const plans = $api.useQuery("get", "/v1/billing/plans");
  return (
    <Loaded query={topUp}>
      {(known) => (
        <Loaded query={plans}>
          {({ packs }) => <Form key={JSON.stringify(known)} known={known} packs={packs.filter((pack) => pack.price)} />}
        </Loaded>
      )}
    </Loaded>
  );
}

function Form({ known, packs }: { known: Schemas["AutoTopUpAnswer"]; packs: Schemas["PackAnswer"][] }) {
  const may = useMay("billing");
  const [threshold, setThreshold] = useState(String(known.threshold ?? 100));
  const [pack, setPack] = useState(known.pack ?? packs[0]?.code ?? "");
  const chosen = packs.find((one) => one.code === pack)?.price;
  const currency = known.currency ?? chosen?.currency ?? "usd";
  const [maximum, setMaximum] = useState(
    String((known.monthly_maximum_minor ?? (chosen?.unit_amount_minor ?? 0) * 2) / 100),
  );
  const save = useAction(
    async (body: Schemas["AutoTopUpBody"]) => (await api.PUT("/v1/billing/auto-top-up", { body })).data!,
    { refresh: REFRESH, done: "Credits are bought by themselves from now on", quiet: true },
  );
  const stop = useAction(async () => void (await api.DELETE("/v1/billing/auto-top-up")), {
    refresh: REFRESH,
    done: "Nothing is bought by itself any more",
  });
  if (packs.length === 0) return <p className="text-ink-faint">No packs are sold here.</p>;
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        const monthly_maximum_minor = Math.round(Number(maximum) * 100);
        save.mutate({ threshold: Number(threshold), pack, monthly_maximum_minor });
      }}
    >
      {known.off_reason && (
        <Notice
          tone="warn"
          action={
            known.pay_url && (
              <a className="font-medium text-accent-ink hover:underline" href={known.pay_url}>
                Pay
              </a>
            )
          }
        >
          {known.off_reason}
        </Notice>
      )}
      {save.error && <Notice tone="bad">{save.error.message}</Notice>}
      <div className="flex flex-wrap gap-4">
        <Field label="When fewer are left than" className="w-48">
          <Input
            type="number"
            min={0}
            step={1}
            required
            disabled={!may}
            value={threshold}
            onChange={(event) => setThreshold(event.target.value)}
          />
        </Field>
        <Field label="Buy" className="w-56">
          <Select disabled={!may} value={pack} onChange={(event) => setPack(event.target.value)}>
            {packs.map((one) => (
              <option key={one.code} value={one.code}>
                {count(one.credits)} credits
                {one.price && `, ${money(one.price.unit_amount_minor, one.price.currency)}`}
              </option>
            ))}
          </Select>
        </Field>
        <Field
          label={`At most a month (${currency.toUpperCase()})`}
          hint={`${money(known.spent_this_month_minor, currency)} this month`}
          className="w-48"
        >
          <Input
            type="number"
            min={0}
            step="0.01"
            required
            disabled={!may}
            value={maximum}
            onChange={(event) => setMaximum(event.target.value)}
          />
        </Field>
      </div>
      {may && (
        <div className="flex gap-2">
          <Button type="submit" busy={save.isPending}>
            {known.on ? "Save" : "Turn on"}
          </Button>
          {known.on && (
            <Button look="quiet" busy={stop.isPending} onClick={() => stop.mutate(undefined)}>
              Turn off
            </Button>
          )}
        </div>
      )}
    </form>
  );
}
