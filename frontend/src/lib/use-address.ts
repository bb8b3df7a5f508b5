"use client";

import { useSearchParams } from "next/navigation";
import { useCallback } from "react";

type Change = Record<string, string | null>;

/** What the address says behind its `?`, and a way to say otherwise: null takes a name out. No page is loaded for it. */
export function useAddress(): [URLSearchParams, (change: Change) => void] {
  const said = useSearchParams();
  const change = useCallback((wanted: Change) => {
    const next = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(wanted)) {
      if (value === null) next.delete(name);
      else next.set(name, value);
    }
    const query = next.toString();
    history.replaceState(null, "", query ? `?${query}` : location.pathname);
  }, []);
  return [said, change];
}
