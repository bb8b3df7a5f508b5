"use client";

import { useQueryClient } from "@tanstack/react-query";
import { api, type Schemas } from "@/api/client";
import { asProblem } from "@/api/problem";
import { useAction } from "@/api/use-action";
import { useAddress } from "@/lib/use-address";
import { useMay } from "@/session/me";
import { toast } from "@/ui/toast";
import type { JobOut } from "./states";

type Format = Schemas["SheetIn"]["format"];
export const EXPORTS_KEY = ["get", "/v1/jobs/{job_id}/exports"] as const;

/**
 * Downloads the finished sheet, as a stream into the browser's own downloads. Where lines were edited since it was written,
 * a sheet with the edits is ordered instead, and the page shows it coming.
 */
export function useSheet(job: JobOut) {
  const may = useMay("jobs");
  const queries = useQueryClient();
  const [, change] = useAddress();
  const params = { path: { job_id: job.id } };
  return useAction(async (format: Format, key) => {
    const sheet = { format, flat: false };
    try {
      const { data } = await api.POST("/v1/jobs/{job_id}/download-url", { body: sheet, params });
      return follow(data!.download_url);
    } catch (error) {
      if (!may || asProblem(error).code !== "not_ready") throw error;
      await api.POST("/v1/jobs/{job_id}/exports", {
        body: sheet,
        params: { ...params, header: { "Idempotency-Key": key } },
      });
      toast.done("A sheet with the lines as they are is being written", { description: "It appears under Files." });
      change({ tab: "files" });
      await queries.invalidateQueries({ queryKey: [...EXPORTS_KEY] });
    }
  });
}

/** Opens a link that needs no token; the browser saves what comes. */
export function follow(url: string): void {
  const link = Object.assign(document.createElement("a"), { href: url, download: "" });
  document.body.append(link);
  link.click();
  link.remove();
}
