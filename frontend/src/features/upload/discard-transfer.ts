import { api } from "@/api/client";
import { forget } from "./transfers";

/** Stops sending a file and deletes what has come of it. The protocol wants its version with each request. */
export async function discardTransfer(id: string): Promise<void> {
  forget(id);
  await api.DELETE("/v1/uploads/resumable/{upload_id}", {
    params: { path: { upload_id: id } },
    headers: { "Tus-Resumable": "1.0.0" },
  });
}
