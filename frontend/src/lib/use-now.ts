"use client";

import { useEffect, useState } from "react";

/** The time, looked at again every so often: for "3 min ago" and for what counts down. */
export function useNow(everyMs = 15_000): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
