"use client";

import { Download, Link2 } from "lucide-react";
import { api, type Schemas } from "@/api/client";
import { useAction } from "@/api/use-action";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { Input } from "@/ui/field";
import { Section } from "@/ui/page";
import { Failure } from "@/ui/states";
import { Instant } from "@/ui/time";
import type { JobOut } from "./states";
import { useSheet } from "./use-sheet";

/** The sheet that was written when the job was done: all rows of the file, the new columns last. */
export function FinishedSheet({ job }: { job: JobOut }) {
  const sheet = useSheet(job);
  const link = useAction(
    async (wish: Schemas["SheetIn"]) =>
      (await api.POST("/v1/jobs/{job_id}/download-url", { body: wish, params: { path: { job_id: job.id } } })).data!,
    { quiet: true },
  );
  return (
    <Section
      title="Finished sheet"
      description="All rows of your file in their order, with the new columns last."
      actions={
        <>
          <Button size="sm" icon={<Download aria-hidden />} onClick={() => sheet.mutate("xlsx")}>
            XLSX
          </Button>
          <Button size="sm" icon={<Download aria-hidden />} onClick={() => sheet.mutate("csv")}>
            CSV
          </Button>
          <Button
            size="sm"
            icon={<Link2 aria-hidden />}
            busy={link.isPending}
            onClick={() => link.mutate({ format: "xlsx", flat: false })}
          >
            Make a link
          </Button>
        </>
      }
    >
      {link.error && <Failure error={link.error} />}
      {link.data && (
        <div>
          <div className="flex max-w-2xl items-center gap-2">
            <Input
              readOnly
              aria-label="Link to the sheet"
              value={new URL(link.data.download_url, location.origin).href}
            />
            <CopyButton text={new URL(link.data.download_url, location.origin).href} label="Copy the link" />
          </div>
          <p className="mt-1.5 text-[0.8125rem] text-ink-faint">
            Whoever has it gets this one file, without signing in, until <Instant at={link.data.expires_at} />.
          </p>
        </div>
      )}
    </Section>
  );
}
