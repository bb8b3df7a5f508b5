"use client";

import Link from "next/link";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { $api, type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { count, plural } from "@/lib/format";
import { useMay } from "@/session/me";
import { Button, ButtonLink } from "@/ui/button";
import { Checkbox, Field, Input } from "@/ui/field";
import { Failure, Notice } from "@/ui/states";
import { type Filters, nameOf } from "./filters";

type Wish = Schemas["SourcingIn"];
type Props = { filters: Filters; found: Schemas["SearchOut"] };

const USUAL = 100;

/** How many, under which name, at what price. */
export function BuyLeads({ filters, found }: Props) {
  const router = useRouter();
  const may = useMay("jobs");
  const available = $api.useQuery("get", "/v1/credits").data?.available;
  const [wanted, setWanted] = useState(String(Math.min(USUAL, found.most_leads)));
  const [name, setName] = useState(() => nameOf(filters));
  const [skipKnown, setSkipKnown] = useState(true);
  const many = Math.min(found.most_leads, Math.max(0, Math.trunc(Number(wanted)) || 0));
  const price = many * found.credits_per_lead;
  const short = available !== undefined && available < price;
  const buy = useAction(
    async (body: Wish, key) =>
      (await api.POST("/v1/sourcings", { body, params: { header: { "Idempotency-Key": key } } })).data!,
    {
      quiet: true,
      refresh: [
        ["get", "/v1/sourcings"],
        ["get", "/v1/credits"],
      ],
      onDone: ({ id }) => router.push(`/sourcing?id=${id}`),
    },
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    buy.mutate({ filters, count: many, name: name.trim() || nameOf(filters), skip_known: skipKnown });
  };
  return (
    <form aria-label="Get leads" className="flex flex-col gap-4 lg:sticky lg:top-8 lg:self-start" onSubmit={submit}>
      <Field label="How many" hint={`Up to ${count(found.most_leads)}.`}>
        <Input
          type="number"
          inputMode="numeric"
          required
          min={1}
          max={found.most_leads}
          className="num"
          value={wanted}
          onChange={(event) => setWanted(event.target.value)}
        />
      </Field>
      <Field label="Name of the list">
        <Input required maxLength={200} value={name} onChange={(event) => setName(event.target.value)} />
      </Field>
      <Checkbox
        label="Leave out people you have bought before"
        checked={skipKnown}
        onChange={(event) => setSkipKnown(event.target.checked)}
      />
      <dl className="flex flex-col gap-1.5 border-t pt-3">
        <div className="flex items-baseline justify-between gap-4">
          <dt className="font-medium">At most</dt>
          <dd className="text-xl font-semibold tracking-[-0.012em] num">{plural(price, "credit")}</dd>
        </div>
        <div className="flex items-baseline justify-between gap-4 text-ink-soft">
          <dt>You have</dt>
          <dd className="num">{available === undefined ? "–" : count(available)}</dd>
        </div>
      </dl>
      <p className="text-[0.8125rem] text-ink-faint">Only people who come with an address are charged.</p>
      {short && (
        <Notice tone="warn" title={`${plural(price - available, "credit")} missing`}>
          Ask for fewer, or{" "}
          <Link href="/billing" className="font-medium text-accent-ink hover:underline">
            get more credits
          </Link>
          .
        </Notice>
      )}
      {buy.error && <Failure error={buy.error} />}
      <div className="flex flex-col gap-2">
        <Button type="submit" look="primary" busy={buy.isPending} disabled={!may || many < 1}>
          {many < 1 ? "Get leads" : `Get ${plural(many, "lead")}`}
        </Button>
        {buy.error?.code === "insufficient_credits" && <ButtonLink href="/billing">Get credits</ButtonLink>}
      </div>
    </form>
  );
}
