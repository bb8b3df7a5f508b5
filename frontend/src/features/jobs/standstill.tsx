"use client";

import { $api } from "@/api/client";
import { count, duration, words } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { ButtonLink } from "@/ui/button";
import { Notice } from "@/ui/states";
import { Instant } from "@/ui/time";
import type { JobOut } from "./states";

/** Why a job does not go on, until when, and what can be done about it. Nothing while it goes on. */
export function Standstill({ job }: { job: JobOut }) {
  if (job.state === "declined") return <Declined job={job} />;
  if (job.state === "failed") return <Failed job={job} />;
  const { waiting } = job;
  if (waiting === null || job.state === "merging" || job.state === "reserving") return null;
  const until = waiting.resumes_at ?? job.resume_at;
  return (
    <Notice tone={job.state === "parked" ? "warn" : "neutral"} title={sentence(waiting.message)} className="mb-6">
      {until && <Until at={until} />}
    </Notice>
  );
}

function Until({ at }: { at: string }) {
  const left = (Date.parse(at) - useNow(1_000).getTime()) / 1_000;
  return (
    <span className="num">
      {left > 0 ? `It goes on by itself in ${duration(left)}` : "It goes on any moment"} (<Instant at={at} />
      ).
    </span>
  );
}

function Declined({ job }: { job: JobOut }) {
  return (
    <Notice
      tone="bad"
      title="There are not enough credits"
      className="mb-6"
      action={
        <ButtonLink size="sm" href="/billing">
          Add credits
        </ButtonLink>
      }
    >
      {count(job.credits_needed)} are needed for these rows. Nothing was charged. Add credits, then start the list again
      from its file.
    </Notice>
  );
}

function Failed({ job }: { job: JobOut }) {
  const log = $api.useQuery("get", "/v1/jobs/{job_id}/log", {
    params: { path: { job_id: job.id }, query: { limit: 100 } },
  });
  const last = log.data?.items.findLast((entry) => entry.state === "failed")?.sentence;
  return (
    <Notice tone="bad" title={last ?? words(job.reason ?? "failed")} className="mb-6">
      What was delivered stays in the rows below. Have the rest researched with “Retry rows”.
    </Notice>
  );
}

function sentence(said: string): string {
  const whole = said.charAt(0).toUpperCase() + said.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}
