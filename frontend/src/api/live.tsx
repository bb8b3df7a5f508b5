"use client";

import { useQueryClient } from "@tanstack/react-query";
import { EventSourceParserStream } from "eventsource-parser/stream";
import { type ReactNode, createContext, useContext, useEffect, useMemo, useRef, useState } from "react";
import { authorised } from "./client";

/** An event of the workspace, as `GET /v1/events` tells it. */
export type LiveEvent = { type: string; data: Record<string, unknown> };
type Listener = (event: LiveEvent) => void;

/** What is looked at again when events of a kind arrive, by the beginnings of their types and of the queries' paths. */
const STALE: [string, string[]][] = [
  ["ingest.job.", ["/v1/jobs", "/v1/usage"]],
  ["ingest.sourcing.", ["/v1/sourcings"]],
  ["enrich.provider.", ["/v1/providers", "/v1/jobs"]],
  ["billing.", ["/v1/credits", "/v1/billing", "/v1/entitlements"]],
  ["sender.", ["/v1/campaigns", "/v1/emails", "/v1/dead-letters", "/v1/sending", "/v1/mailboxes"]],
  ["gateway.workspace.", ["/v1/workspace", "/v1/me"]],
  ["gateway.webhook.", ["/v1/webhooks"]],
];
const EVERY_MS = 2_000;
const LONGEST_WAIT_MS = 30_000;

const Live = createContext<{ connected: boolean; listen: (listener: Listener) => () => void }>({
  connected: false,
  listen: () => () => {},
});

/** Whether news arrive by themselves at the moment. */
export function useIsLive(): boolean {
  return useContext(Live).connected;
}

/** Hears every event of the workspace while the component is there. */
export function useLiveEvents(listener: Listener): void {
  const { listen } = useContext(Live);
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => listen((event) => latest.current(event)), [listen]);
}

/** Keeps the stream of events open, goes on where it was after a lost connection, and marks what has changed as stale. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const listeners = useRef(new Set<Listener>());
  const [connected, setConnected] = useState(false);

  useEffect(() => {
    const leaving = new AbortController();
    const stale = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const refresh = () => {
      timer = undefined;
      const paths = [...stale];
      stale.clear();
      void queries.invalidateQueries({
        predicate: ({ queryKey }) => paths.some((path) => String(queryKey[1]).startsWith(path)),
      });
    };
    const hear = (event: LiveEvent) => {
      for (const listener of listeners.current) listener(event);
      for (const [kind, paths] of STALE) if (event.type.startsWith(kind)) paths.forEach((path) => stale.add(path));
      if (stale.size > 0) timer ??= setTimeout(refresh, EVERY_MS);
    };
    void follow(hear, setConnected, leaving.signal);
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [queries]);

  const value = useMemo(
    () => ({
      connected,
      listen: (listener: Listener) => {
        listeners.current.add(listener);
        return () => void listeners.current.delete(listener);
      },
    }),
    [connected],
  );
  return <Live.Provider value={value}>{children}</Live.Provider>;
}

async function follow(hear: Listener, tell: (connected: boolean) => void, left: AbortSignal): Promise<void> {
  let last: string | null = null;
  let failures = 0;
  while (!left.aborted) {
    try {
      const headers: Record<string, string> = last === null ? {} : { "Last-Event-ID": last };
      const response = await authorised(new Request(new URL("/v1/events", location.origin), { headers, signal: left }));
      if (response.ok && response.body) {
        failures = 0;
        tell(true);
        const events = response.body
          .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array<ArrayBuffer>>)
          .pipeThrough(new EventSourceParserStream())
          .getReader();
        for (let next = await events.read(); !next.done; next = await events.read()) {
          last = next.value.id ?? last;
          if (next.value.event) hear({ type: next.value.event, data: read(next.value.data) });
        }
      }
    } catch {
      // A lost connection: waited for below.
    }
    tell(false);
    failures += 1;
    await wait(Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures), left);
  }
}

function read(data: string): Record<string, unknown> {
  try {
    const envelope = JSON.parse(data) as { data?: Record<string, unknown> };
    return envelope.data ?? {};
  } catch {
    return {};
  }
}

/** For a while, or until the connection is back or the page is left. */
function wait(ms: number, left: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      left.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    window.addEventListener("online", done);
    left.addEventListener("abort", done);
  });
}
