"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { plural } from "@/lib/format";
import { orderKey, orderRefused, orderStarted } from "@/lib/order-key";
import { useMay } from "@/session/me";
import { Button, ButtonLink } from "@/ui/button";
import { Failure, Notice } from "@/ui/states";
import type { Order } from "./use-order";
import type { Quote } from "./use-quote";
import type { UploadOut } from "./use-upload";

type Props = {
  upload: UploadOut;
  order: Order;
  change: (part: Partial<Order>) => void;
  offer: Quote;
  /** How many will be researched. */
  rows: number;
};

/** Starts the job at the price that is shown, once. */
export function Start({ upload, order, change, offer, rows }: Props) {
  const router = useRouter();
  const queries = useQueryClient();
  const may = useMay("jobs");
  const start = useAction(
    async (wish: Order) => {
      const quoted_credits = offer.findings === "done" ? offer.credits : null;
      const body = { ...wish, upload_id: upload.id, quoted_credits };
      const key = orderKey(upload.id, body);
      return (await api.POST("/v1/jobs", { body, params: { header: { "Idempotency-Key": key } } })).data!;
    },
    {
      quiet: true,
      refresh: [
        ["get", "/v1/jobs"],
        ["get", "/v1/credits"],
      ],
      onDone: (job) => {
        orderStarted(upload.id);
        router.push(`/job?id=${job.id}`);
      },
      onRefused: (problem) => {
        if (problem.code === "price_differs") void queries.invalidateQueries({ queryKey: ["post", "/v1/quotes"] });
        if (problem.status >= 400 && problem.status < 500) orderRefused(upload.id);
      },
    },
  );
  const refused = start.error;
  const missing = refused?.code === "insufficient_credits" ? missingCredits(refused.body) : null;
  const waits = offer.missing_providers.length > 0 && !order.accept_degraded;
  const none = rows <= 0 && offer.rows_tried === 0;
  return (
    <div className="flex flex-col gap-3 max-lg:fixed max-lg:inset-x-0 max-lg:bottom-0 max-lg:z-20 max-lg:border-t max-lg:bg-ground/95 max-lg:px-4 max-lg:py-3 max-lg:backdrop-blur sm:max-lg:px-8">
      {missing !== null && (
        <Notice tone="bad" title={`${plural(missing, "credit")} missing`}>
          <p>{refused?.message}</p>
          <div className="mt-2 flex flex-wrap gap-2">
            {!order.affordable && (
              <Button
                size="sm"
                onClick={() => {
                  change({ affordable: true });
                  start.mutate({ ...order, affordable: true });
                }}
              >
                Start what I can afford
              </Button>
            )}
            <ButtonLink size="sm" href="/billing">
              Get credits
            </ButtonLink>
          </div>
        </Notice>
      )}
      {refused && missing === null && <Failure error={refused} />}
      <Button
        look="primary"
        busy={start.isPending}
        disabled={!may || waits || none}
        title={
          !may
            ? "Your role can look at jobs, and not start them."
            : waits
              ? "Set the missing keys, or choose to start anyway."
              : none
                ? "No row is left to research."
                : undefined
        }
        onClick={() => start.mutate(order)}
      >
        Start research
      </Button>
    </div>
  );
}

function missingCredits(body: Record<string, unknown>): number | null {
  const { needed, available } = body;
  return typeof needed === "number" && typeof available === "number" ? Math.max(0, needed - available) : null;
}
