"use client";

import { Suspense, lazy, useEffect, useState } from "react";
import { onToast } from "./toast";

const Shown = lazy(() => import("./toast-parts"));

/** Where toasts appear. Their code comes with the first of them. */
export function Toasts() {
  const [wanted, setWanted] = useState(false);
  useEffect(() => (wanted ? undefined : onToast(() => setWanted(true))), [wanted]);
  return <Suspense>{wanted && <Shown />}</Suspense>;
}
