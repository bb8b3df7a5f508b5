"use client";

import { useState } from "react";
import type { Schemas } from "@/api/client";

/** What somebody wants of a list: a job without its upload, and without the price agreed to. */
export type Order = Omit<Schemas["JobIn"], "upload_id" | "mapping" | "quoted_credits">;

const USUAL: Order = {
  first_rows: null,
  skip_duplicates: true,
  skip_known: false,
  extra_columns: [],
  accept_degraded: false,
  language: "en",
  max_words: 40,
  offer: "",
  tone: "friendly",
  forbidden_words: [],
  line_rules: "",
  affordable: false,
  ceiling_credits: null,
};

/** The wishes for one upload; kept in this tab, so that a reload loses none of them. */
export function useOrder(uploadId: string) {
  const place = `corofy.order.${uploadId}`;
  const [order, setOrder] = useState<Order>(() => ({ ...USUAL, ...kept(place) }));
  const change = (part: Partial<Order>) =>
    setOrder((before) => {
      const after = { ...before, ...part };
      sessionStorage.setItem(place, JSON.stringify(after));
      return after;
    });
  return { order, change };
}

function kept(place: string): Partial<Order> {
  try {
    return JSON.parse(sessionStorage.getItem(place) ?? "{}") as Partial<Order>;
  } catch {
    return {};
  }
}
