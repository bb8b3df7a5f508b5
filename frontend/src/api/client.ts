"use client";

import createClient, { type Middleware } from "openapi-fetch";
import createQueryClient from "openapi-react-query";
import { accessToken, renewedToken } from "@/session/session";
import { currentWorkspace } from "@/session/workspace";
import { problemOf, unreachable } from "./problem";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

/** A request as whoever is signed in, in the workspace chosen. An access token that has just ended is renewed once. */
export async function authorised(request: Request): Promise<Response> {
  const again = request.clone();
  const response = await sent(request, await accessToken());
  if (response.status !== 401) return response;
  const renewed = await renewedToken();
  return renewed === null ? response : sent(again, renewed);
}

async function sent(request: Request, token: string | null): Promise<Response> {
  if (token !== null) request.headers.set("Authorization", `Bearer ${token}`);
  const workspace = currentWorkspace();
  if (workspace !== null) request.headers.set("X-Workspace-Id", workspace);
  try {
    return await fetch(request);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw unreachable();
  }
}

const refusals: Middleware = {
  async onResponse({ response }) {
    if (!response.ok && response.status !== 304) throw await problemOf(response);
  },
};

/** The generated API. Every call either answers with data or throws a `Problem`. */
export const api = createClient<paths>({ fetch: authorised });
api.use(refusals);

/** The same through React Query: `$api.useQuery("get", "/v1/jobs")`. */
export const $api = createQueryClient(api);

/** How lists are paged: `$api.useInfiniteQuery("get", path, {params}, PAGED)`. */
export const PAGED = {
  pageParamName: "cursor",
  // Not undefined, for which the library asks for page 0.
  initialPageParam: null,
  getNextPageParam: <Cursor extends string | number>(page: { next_cursor: Cursor | null }) =>
    page.next_cursor ?? undefined,
};

/** A file that the API makes, saved under the name it gives. */
export async function download(path: string): Promise<void> {
  const response = await authorised(new Request(new URL(path, location.origin)));
  if (!response.ok) throw await problemOf(response);
  const named = /filename\*?=(?:UTF-8'')?"?([^";]+)"?/i.exec(response.headers.get("Content-Disposition") ?? "");
  saveFile(await response.blob(), decodeURIComponent(named?.[1] ?? path.split("/").pop() ?? "download"));
}

export function saveFile(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
