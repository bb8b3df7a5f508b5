"use client";

import { $api, type Schemas } from "@/api/client";

export type UploadOut = Schemas["UploadOut"];

export const UPLOAD_KEY = ["get", "/v1/uploads/{upload_id}"] as const;

/**
 * One upload; looked at again until it is read and its rows are checked. The answer waits for its first rows by itself.
 * `sent` says that all of the file has gone out.
 */
export function useUpload(id: string, sent: boolean) {
  return $api.useQuery(
    "get",
    "/v1/uploads/{upload_id}",
    { params: { path: { upload_id: id }, query: { wait_seconds: 10, wait_for: "preview" } } },
    {
      refetchInterval: ({ state }) =>
        state.data === undefined ? false : pace(state.data, sent, state.dataUpdateCount),
    },
  );
}

/** In ms; most files are read and checked within a second, large ones take minutes. */
function pace(upload: UploadOut, sent: boolean, looks: number): number | false {
  if (upload.state === "receiving") return sent && 250;
  if (upload.state === "reading" && upload.columns.length === 0) return 250;
  if (upload.state !== "reading" && upload.check !== "running") return false;
  return looks < 4 ? 1_000 : 5_000;
}
