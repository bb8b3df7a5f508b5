"use client";

import { Check } from "lucide-react";
import { useRouter } from "next/navigation";
import type { ReactNode } from "react";
import { $api, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { cx } from "@/lib/cx";
import { useMay } from "@/session/me";
import { Button, ButtonLink } from "@/ui/button";

type Step = { done: boolean; title: string; why: string; action: ReactNode };

const SAMPLE = `First name,Last name,Email,Company,Website,Job title,Country,City
Ingrid,Solheim,ingrid.solheim@haldenlube.example,Halden Lubricants,haldenlube.example,Head of Sales,Norway,Fredrikstad
Thomas,Müller,thomas.muller@petrava.example,Petrava Schmierstoffe,petrava.example,Managing Director,Germany,Kassel
`;

/** From nothing to a first researched row, and on to a first mail. Gone when all of it is done. */
export function FirstSteps() {
  const mayStart = useMay("jobs");
  const steps = useSteps();
  if (!mayStart || steps === null || steps.every((step) => step.done)) return null;
  const current = steps.findIndex((step) => !step.done);
  return (
    <section aria-label="First steps" className="mb-8">
      <h2 className="mb-3 text-[0.9375rem] font-semibold">First steps</h2>
      <ol className="rounded-lg border bg-surface shadow-low">
        {steps.map((step, index) => (
          <li
            key={step.title}
            className="flex flex-wrap items-center gap-x-3 gap-y-2 border-b px-4 py-3 last:border-b-0"
          >
            <span
              className={cx(
                "flex size-5 shrink-0 items-center justify-center rounded-full border text-xs",
                step.done ? "border-transparent bg-good-soft text-good" : "border-line-strong text-ink-faint",
              )}
            >
              {step.done ? <Check aria-label="Done" className="size-3" /> : index + 1}
            </span>
            <span className="min-w-0 flex-1 basis-60">
              <span className={step.done ? "text-ink-faint" : "font-medium"}>{step.title}</span>
              {index === current && <span className="block text-ink-soft">{step.why}</span>}
            </span>
            {index === current && step.action}
          </li>
        ))}
      </ol>
    </section>
  );
}

function useSteps(): Step[] | null {
  const uploads = $api.useQuery("get", "/v1/uploads", { params: { query: { limit: 1 } } });
  const jobs = $api.useQuery("get", "/v1/jobs", { params: { query: { limit: 20 } } });
  const campaigns = $api.useQuery("get", "/v1/campaigns", { params: { query: { limit: 20 } } });
  if (!uploads.data || !jobs.data || !campaigns.data) return null;
  const researched = jobs.data.items.find((job) => job.rows_enriched > 0);
  const sent = campaigns.data.items.some((one) => one.counts.sent > 0);
  return [
    {
      done: uploads.data.items.length > 0,
      title: "Give Corofy a list",
      why: "A spreadsheet of people and their companies. Two sample rows will do for a first look.",
      action: <BringRows />,
    },
    {
      done: researched !== undefined,
      title: "See your first researched row",
      why: "Check the columns, try rows for free, start. The first row comes within a minute or so.",
      action: (
        <ButtonLink href={nextOf(uploads.data.items[0]?.id, jobs.data.items[0]?.id)} look="primary" size="sm">
          Go on
        </ButtonLink>
      ),
    },
    {
      done: campaigns.data.items.length > 0,
      title: "Start sending",
      why: "Take the template as it is or change it; look at each mail before anything leaves.",
      action: (
        <ButtonLink href={researched ? `/list?id=${researched.list_id}` : "/lists"} look="primary" size="sm">
          Choose the list
        </ButtonLink>
      ),
    },
    {
      done: sent,
      title: "Your first mail leaves",
      why: "In its reader's working hours. The campaign says when, and why not yet.",
      action: (
        <ButtonLink href="/campaigns" size="sm">
          See when
        </ButtonLink>
      ),
    },
  ];
}

function nextOf(uploadId: string | undefined, jobId: string | undefined): string {
  if (jobId) return `/job?id=${jobId}`;
  return uploadId ? `/upload?id=${uploadId}` : "/upload";
}

function BringRows() {
  const router = useRouter();
  const sample = useAction(
    async (body: { filename: string; text: string }, key) =>
      (await api.POST("/v1/uploads/pasted", { params: { header: { "Idempotency-Key": key } }, body })).data!,
    { refresh: [["get", "/v1/uploads"]], onDone: (upload) => router.push(`/upload?id=${upload.id}`) },
  );
  return (
    <span className="flex gap-2">
      <Button
        size="sm"
        busy={sample.isPending}
        onClick={() => sample.mutate({ filename: "Sample leads.csv", text: SAMPLE })}
      >
        Use sample rows
      </Button>
      <ButtonLink href="/upload" look="primary" size="sm">
        Upload a list
      </ButtonLink>
    </span>
  );
}
