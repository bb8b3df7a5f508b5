"use client";

import { type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";

/** Goes to Stripe's page for a plan or a pack; it leads back to `/billing?checkout=…`. */
export function useCheckout() {
  return useAction(
    async (body: Schemas["CheckoutBody"], key) =>
      (await api.POST("/v1/billing/checkout", { params: { header: { "Idempotency-Key": key } }, body })).data!,
    { onDone: ({ url }) => location.assign(url) },
  );
}
