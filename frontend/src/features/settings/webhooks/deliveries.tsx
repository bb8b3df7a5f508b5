"use client";

import { useState } from "react";
import { $api, PAGED, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { Status } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Choices } from "@/ui/field";
import { Section } from "@/ui/page";
import { Loaded } from "@/ui/states";
import { Rest } from "@/ui/table";
import { Ago, Instant } from "@/ui/time";
import { DELIVERED, DELIVERIES, type Delivery, type Webhook } from "./webhook";

type Shown = "all" | "given_up" | "waiting";

const EVERY_MS = 6_000;

/** What it was sent in the last 30 days, and what it answered. */
export function Deliveries({ one }: { one: Webhook }) {
  const [shown, setShown] = useState<Shown>("all");
  const query = { limit: 25, ...(shown === "all" ? {} : { state: shown }) };
  const deliveries = $api.useInfiniteQuery(
    "get",
    "/v1/webhooks/{webhook_id}/deliveries",
    { params: { path: { webhook_id: one.id }, query } },
    {
      ...PAGED,
      // No event tells of an attempt: looked at again for as long as something is on its way.
      refetchInterval: ({ state }) =>
        state.data?.pages[0]?.items.some((each) => each.state === "sending" || each.state === "waiting")
          ? EVERY_MS
          : false,
    },
  );
  return (
    <Section
      title="Log"
      description="Thirty days"
      actions={
        <Choices
          label="Which"
          value={shown}
          onChange={setShown}
          options={[
            { value: "all", label: "All" },
            { value: "waiting", label: "Waiting" },
            { value: "given_up", label: "Given up" },
          ]}
        />
      }
    >
      <Loaded query={deliveries}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          if (rows.length === 0) return <p className="text-ink-faint">Nothing here. Send a test to see one.</p>;
          return (
            <>
              <ul aria-label="Deliveries" className="flex flex-col">
                {rows.map((delivery) => (
                  <Line key={delivery.id} webhookId={one.id} one={delivery} />
                ))}
              </ul>
              <Rest more={deliveries} />
            </>
          );
        }}
      </Loaded>
    </Section>
  );
}

function Line({ webhookId, one }: { webhookId: string; one: Delivery }) {
  const again = useAction(
    async (_: null, key) =>
      (
        await api.POST("/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver", {
          params: { path: { webhook_id: webhookId, delivery_id: one.id }, header: { "Idempotency-Key": key } },
        })
      ).data!,
    { refresh: [DELIVERIES], done: "It is sent again" },
  );
  const { label, tone } = DELIVERED[one.state];
  const isWaiting = one.state === "waiting";
  return (
    <li className="flex items-start gap-3 border-b py-2.5">
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center gap-x-3">
          <code className="font-mono text-[0.8125rem]">{one.event_type}</code>
          <Status tone={tone}>{label}</Status>
          <span className="text-[0.8125rem] text-ink-faint">
            <Ago at={one.created_at} />
          </span>
        </div>
        <p className="text-[0.8125rem] break-words text-ink-soft">
          {one.status !== null && `Answered ${one.status}. `}
          {one.error && `${one.error} `}
          {one.attempts > 1 && `${one.attempts} attempts. `}
          {one.next_try_at && (
            <>
              Tried again <Instant at={one.next_try_at} />
            </>
          )}
        </p>
        {one.answer && (
          <details className="text-[0.8125rem] text-ink-soft">
            <summary>Its answer</summary>
            <pre tabIndex={0} aria-label="Its answer" className="overflow-x-auto rounded-md bg-sunken p-2 text-xs">
              {one.answer}
            </pre>
          </details>
        )}
      </div>
      {one.state !== "sending" && (
        <Button size="sm" look="quiet" busy={again.isPending} onClick={() => again.mutate(null)}>
          {isWaiting ? "Try now" : "Send again"}
        </Button>
      )}
    </li>
  );
}
