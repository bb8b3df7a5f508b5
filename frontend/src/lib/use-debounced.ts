"use client";

import { useEffect, useState } from "react";

/** What a value was when it had not changed for a moment: for what is asked about while somebody types. */
export function useDebounced<Value>(value: Value, ms: number): Value {
  const [settled, setSettled] = useState(value);
  const said = JSON.stringify(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(JSON.parse(said) as Value), ms);
    return () => clearTimeout(timer);
  }, [said, ms]);
  return settled;
}
