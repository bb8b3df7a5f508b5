"use client";

import { useSyncExternalStore } from "react";
import type { DetailedError, Upload } from "tus-js-client";
import { Problem, asProblem, unreachable } from "@/api/problem";
import { accessToken } from "@/session/session";
import { currentWorkspace } from "@/session/workspace";

/** A file on its way. It goes on while other pages are looked at; a reload stops it until the file is chosen again. */
export type Transfer = {
  id: string;
  name: string;
  size: number;
  sent: number;
  state: "sending" | "paused" | "failed" | "done";
  problem: Problem | null;
};

const ENDPOINT = "/v1/uploads/resumable";
const PIECE_BYTES = 8 * 1024 * 1024;
const TRY_AGAIN_MS = [0, 1_000, 3_000, 5_000, 10_000, 20_000];
const DAMAGED = 460;

const transfers = new Map<string, Transfer>();
const clients = new Map<string, Upload>();
const listeners = new Set<() => void>();

export function useTransfer(id: string): Transfer | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => transfers.get(id) ?? null,
    () => null,
  );
}

/**
 * Begins to send a file, or goes on with one that was broken off: of `resume`, or one this browser remembers. Resolves with the
 * upload's id as soon as it has one; throws a `Problem` when it is refused before that.
 */
export async function sendFile(file: File, resume?: string): Promise<string> {
  const [tus, { checkedStack }] = await Promise.all([import("tus-js-client"), import("./checked-stack")]);
  return new Promise((resolve, reject) => {
    let id: string | null = null;
    const tell = (change: Partial<Transfer>) => id !== null && set(id, change);
    const known = () => {
      if (id !== null || client.url === null) return;
      id = new URL(client.url, location.origin).pathname.split("/").pop()!;
      clients.set(id, client);
      transfers.set(id, { id, name: file.name, size: file.size, sent: 0, state: "sending", problem: null });
      tell({});
      resolve(id);
    };
    const client = new tus.Upload(file, {
      endpoint: new URL(ENDPOINT, location.origin).href,
      uploadUrl: resume === undefined ? null : new URL(`${ENDPOINT}/${resume}`, location.origin).href,
      metadata: { filename: file.name },
      chunkSize: PIECE_BYTES,
      retryDelays: TRY_AGAIN_MS,
      removeFingerprintOnSuccess: true,
      httpStack: checkedStack(new tus.DefaultHttpStack({})),
      fingerprint: (one) => Promise.resolve([currentWorkspace() ?? "", one.name, one.size, one.lastModified].join("|")),
      onBeforeRequest: async (request) => {
        const [token, workspace] = [await accessToken(), currentWorkspace()];
        if (token !== null) request.setHeader("Authorization", `Bearer ${token}`);
        if (workspace !== null) request.setHeader("X-Workspace-Id", workspace);
      },
      onShouldRetry: (error) => navigator.onLine && mayPass(error.originalResponse?.getStatus() ?? 0),
      onUploadUrlAvailable: known,
      onProgress: (sent) => tell({ sent }),
      onSuccess: () => (known(), tell({ sent: file.size, state: "done" })),
      onError: (error) => {
        const problem = problemFrom(error);
        if (id === null) reject(problem);
        else tell({ state: "failed", problem });
      },
    });
    void client.findPreviousUploads().then(([earlier]) => {
      if (earlier !== undefined && resume === undefined) client.resumeFromPreviousUpload(earlier);
      client.start();
    });
  });
}

export function pause(id: string): void {
  void clients.get(id)?.abort();
  set(id, { state: "paused" });
}

export function goOn(id: string): void {
  set(id, { state: "sending", problem: null });
  clients.get(id)?.start();
}

/** What broke off with the connection goes on with it. */
if (typeof window !== "undefined") {
  window.addEventListener("online", () => {
    for (const { id, state, problem } of transfers.values()) if (state === "failed" && problem?.status === 0) goOn(id);
  });
}

/** Stop sending, for good; what the server has of it is another's to delete. */
export function forget(id: string): void {
  void clients.get(id)?.abort();
  clients.delete(id);
  transfers.delete(id);
  for (const listener of listeners) listener();
}

function set(id: string, change: Partial<Transfer>): void {
  const before = transfers.get(id);
  if (before !== undefined) transfers.set(id, { ...before, ...change });
  for (const listener of listeners) listener();
}

function mayPass(status: number): boolean {
  return status === 0 || status === DAMAGED || status === 409 || status === 423 || status === 429 || status >= 500;
}

function problemFrom(error: Error | DetailedError): Problem {
  if (!("originalResponse" in error)) return asProblem(error);
  const response = error.originalResponse;
  if (response === null) return unreachable();
  const status = response.getStatus();
  try {
    const body = JSON.parse(response.getBody()) as Record<string, unknown>;
    return new Problem(status, String(body.code), String(body.detail ?? body.title), body);
  } catch {
    return new Problem(status, `http_${status}`, `The server answered ${status}. Try again in a moment.`);
  }
}
