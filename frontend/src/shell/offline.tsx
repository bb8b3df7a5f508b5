"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";

function watch(changed: () => void): () => void {
  window.addEventListener("online", changed);
  window.addEventListener("offline", changed);
  return () => {
    window.removeEventListener("online", changed);
    window.removeEventListener("offline", changed);
  };
}

/** Says that there is no connection, and looks at everything again when there is. */
export function Offline() {
  const online = useSyncExternalStore(
    watch,
    () => navigator.onLine,
    () => true,
  );
  const queries = useQueryClient();
  useEffect(() => {
    if (online)
      void queries.invalidateQueries({ type: "active", predicate: (query) => query.state.status === "error" });
  }, [online, queries]);
  if (online) return null;
  return (
    <div role="status" className="border-b bg-bad-soft px-4 py-1 text-center text-[0.8125rem] text-ink">
      You are offline. What you see may be old; it goes on by itself when the connection is back.
    </div>
  );
}
