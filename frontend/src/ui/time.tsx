"use client";

import { ago, instant } from "@/lib/format";
import { useNow } from "@/lib/use-now";

/** A moment by its distance; the whole of it, with its zone, on hovering and for readers. */
export function Ago({ at }: { at: string }) {
  const now = useNow();
  const date = new Date(at);
  return (
    <time dateTime={at} title={instant(date)} className="whitespace-nowrap">
      {ago(date, now)}
    </time>
  );
}

/** A moment in full, in the reader's zone or the one named. */
export function Instant({ at, timeZone }: { at: string; timeZone?: string }) {
  return (
    <time dateTime={at} className="whitespace-nowrap num">
      {instant(new Date(at), timeZone)}
    </time>
  );
}
