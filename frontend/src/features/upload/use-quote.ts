"use client";

import { keepPreviousData } from "@tanstack/react-query";
import { $api, type Schemas } from "@/api/client";
import type { Order } from "./use-order";
import type { UploadOut } from "./use-upload";

export type Quote = Schemas["QuoteOut"];

/** What the order would cost at most. Asked again until it is known what repeats. */
export function useQuote(upload: UploadOut, { first_rows, skip_duplicates, skip_known, extra_columns }: Order) {
  return $api.useQuery(
    "post",
    "/v1/quotes",
    { body: { upload_id: upload.id, first_rows, skip_duplicates, skip_known, extra_columns } },
    {
      placeholderData: keepPreviousData,
      refetchInterval: ({ state }) =>
        state.data?.findings !== "running" ? false : state.dataUpdateCount < 4 ? 1_000 : 5_000,
    },
  );
}
