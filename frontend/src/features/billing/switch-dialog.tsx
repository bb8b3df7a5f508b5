"use client";

import { $api, type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { money } from "@/lib/format";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Fact, Facts } from "@/ui/page";
import { Loaded, Skeleton } from "@/ui/states";
import { Instant } from "@/ui/time";
import type { Interval } from "./interval";

/** What a switch costs and brings, before it is made. */
export function SwitchDialog({
  plan,
  interval,
  onClose,
}: {
  plan: Schemas["PlanAnswer"];
  interval: Interval;
  onClose: () => void;
}) {
  const query = { plan: plan.code, interval };
  const preview = $api.useQuery("get", "/v1/billing/subscription/preview", { params: { query } }, { staleTime: 0 });
  const change = useAction(async () => (await api.POST("/v1/billing/subscription/switch", { body: query })).data!, {
    refresh: [
      ["get", "/v1/billing"],
      ["get", "/v1/credits"],
    ],
    done: ({ billing }) => billing.says,
    onDone: ({ pay_url }) => (pay_url ? location.assign(pay_url) : onClose()),
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Switch to ${plan.name}`}
      actions={
        <>
          <Button onClick={onClose}>Keep my plan</Button>
          <Button
            look="primary"
            busy={change.isPending}
            disabled={preview.data === undefined || preview.data.starts === "never"}
            onClick={() => change.mutate(undefined)}
          >
            Switch
          </Button>
        </>
      }
    >
      <Loaded query={preview} skeleton={<Skeleton className="h-16" />}>
        {(known) => (
          <>
            <p className="mb-3">{known.says}</p>
            <Facts>
              <Fact name="To pay now">{money(known.due_now_minor, known.currency)}</Fact>
              {known.at && (
                <Fact name="From">
                  <Instant at={known.at} />
                </Fact>
              )}
            </Facts>
          </>
        )}
      </Loaded>
    </Dialog>
  );
}
