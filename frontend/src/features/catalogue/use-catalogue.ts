"use client";

import { useQueryClient } from "@tanstack/react-query";
import { $api, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { useMay } from "@/session/me";
import type { Catalogue } from "./catalogue";

const CATALOGUE = ["get", "/v1/catalogue"];
type Header = { "If-Match": string; "Idempotency-Key": string };

export function useCatalogue() {
  return $api.useQuery("get", "/v1/catalogue");
}

export function useMayChange(): boolean {
  return useMay("jobs");
}

/** A change on the version that is shown. Where a colleague has changed the same meanwhile, theirs is shown instead. */
export function useChange<Wish>(
  seen: Catalogue,
  ask: (wish: Wish, header: Header) => Promise<{ data?: Catalogue }>,
  options: { done?: string; quiet?: boolean; onDone?: () => void } = {},
) {
  const queries = useQueryClient();
  return useAction(
    async (wish: Wish, key) => (await ask(wish, { "If-Match": `"${seen.version}"`, "Idempotency-Key": key })).data!,
    {
      ...options,
      refresh: [CATALOGUE, ["get", "/v1/catalogue/versions"]],
      onDone: options.onDone,
      onRefused: ({ status }) => status === 412 && void queries.invalidateQueries({ queryKey: CATALOGUE }),
    },
  );
}

/** All of it by another: an import, the example, an undo. */
export function useReplace(seen: Catalogue, options: { done?: string; quiet?: boolean; onDone?: () => void } = {}) {
  return useChange(
    seen,
    ({ products, rules }: Pick<Catalogue, "products" | "rules">, header) =>
      api.PUT("/v1/catalogue", { body: { products, rules }, params: { header } }),
    options,
  );
}
