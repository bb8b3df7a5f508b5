"use client";

import Link from "next/link";
import { $api } from "@/api/client";
import { asProblem } from "@/api/problem";
import { count, plural } from "@/lib/format";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Checkbox } from "@/ui/field";
import { Failure, Loaded, Notice, SkeletonRows } from "@/ui/states";
import { Start } from "./start";
import type { Order } from "./use-order";
import type { Quote, useQuote } from "./use-quote";
import type { UploadOut } from "./use-upload";

type Props = {
  upload: UploadOut;
  order: Order;
  change: (part: Partial<Order>) => void;
  quote: ReturnType<typeof useQuote>;
};

/** What it costs at most, what there is, and the start. */
export function Price({ upload, order, change, quote }: Props) {
  return (
    <aside aria-label="Price and start" className="flex flex-col gap-4 lg:sticky lg:top-8 lg:self-start">
      {quote.error ? (
        <NoPrice quote={quote} change={change} />
      ) : (
        <Loaded query={quote} skeleton={<SkeletonRows rows={5} />}>
          {(offer) => <Offer upload={upload} order={order} change={change} offer={offer} />}
        </Loaded>
      )}
    </aside>
  );
}

/** Why there is none. More rows than the plan takes can be helped here. */
function NoPrice({ quote, change }: Pick<Props, "quote" | "change">) {
  const { code, body } = asProblem(quote.error);
  const { limit } = body;
  if (code !== "rows_per_job_exceeded" || typeof limit !== "number")
    return <Failure error={quote.error} retry={() => void quote.refetch()} />;
  return (
    <>
      <Notice tone="warn" title={`Your plan takes ${plural(limit, "row")} in one list`}>
        Take the first of them, or{" "}
        <Link href="/billing" className="font-medium text-accent-ink hover:underline">
          a larger plan
        </Link>
        .
      </Notice>
      <Button look="primary" onClick={() => change({ first_rows: limit })}>
        {`Take the first ${count(limit)} rows`}
      </Button>
    </>
  );
}

function Offer({ upload, order, change, offer }: Omit<Props, "quote"> & { offer: Quote }) {
  const credits = $api.useQuery("get", "/v1/credits");
  const available = credits.data?.available;
  const most = order.ceiling_credits ? Math.min(order.ceiling_credits, offer.credits) : offer.credits;
  const short = available !== undefined && available < most;
  const charged = offer.rows_selected - offer.rows_skipped - offer.rows_tried;
  return (
    <>
      <dl className="flex flex-col gap-1.5">
        <Line name="Rows" value={offer.rows_selected} />
        {offer.rows_skipped > 0 && <Line name="Skipped, free" value={-offer.rows_skipped} />}
        {offer.rows_tried > 0 && <Line name="Tried already, free" value={-offer.rows_tried} />}
        <Line name="Credits for each" value={offer.credits_per_row} />
        <div className="mt-1 flex items-baseline justify-between gap-4 border-t pt-2.5">
          <dt className="font-medium">At most</dt>
          <dd className="text-xl font-semibold tracking-[-0.012em] num">{plural(most, "credit")}</dd>
        </div>
        <Line name="You have" value={available} />
        {available !== undefined && !short && <Line name="Left afterwards, at least" value={available - most} />}
      </dl>
      <p className="text-[0.8125rem] text-ink-faint">
        Only rows that come out researched are charged.{" "}
        {offer.findings === "running" && "What repeats is still being looked for; it will not be charged."}
      </p>
      {offer.sandboxed && (
        <p className="text-[0.8125rem] text-ink-soft">
          <Badge tone="warn">Sandbox</Badge> What is found will be made up: a provider has no key of its own.{" "}
          <Link href="/settings/providers" className="font-medium text-accent-ink hover:underline">
            Set keys
          </Link>
        </p>
      )}
      {offer.missing_providers.length > 0 && (
        <Notice tone="warn" title={`No key for ${offer.missing_providers.join(", ")}`}>
          <p>Without it rows come out incomplete; those are free.</p>
          <p className="my-1.5">
            <Link href="/settings/providers" className="font-medium text-accent-ink hover:underline">
              Set the keys
            </Link>
          </p>
          <Checkbox
            label="Start anyway"
            checked={order.accept_degraded}
            onChange={(event) => change({ accept_degraded: event.target.checked })}
          />
        </Notice>
      )}
      {(short || order.affordable) && (
        <Notice tone="warn" title={short ? `${plural(most - available, "credit")} missing` : undefined}>
          <Checkbox
            label="Only what I can afford"
            hint={`The first ${plural(affordableRows(offer, available ?? 0), "row")} that the credits pay for.`}
            checked={order.affordable}
            onChange={(event) => change({ affordable: event.target.checked })}
          />
          <p className="mt-1.5">
            <Link href="/billing" className="font-medium text-accent-ink hover:underline">
              Get more credits
            </Link>
          </p>
        </Notice>
      )}
      <Start upload={upload} order={order} change={change} offer={offer} rows={charged} />
    </>
  );
}

function affordableRows(offer: Quote, available: number): number {
  const most = offer.rows_selected - offer.rows_skipped;
  return offer.credits_per_row === 0 ? most : Math.min(most, Math.floor(available / offer.credits_per_row));
}

function Line({ name, value }: { name: string; value: number | undefined }) {
  return (
    <div className="flex items-baseline justify-between gap-4">
      <dt className="text-ink-soft">{name}</dt>
      <dd className="num">{value === undefined ? "–" : count(value)}</dd>
    </div>
  );
}
