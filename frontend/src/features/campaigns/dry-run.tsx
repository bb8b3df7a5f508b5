"use client";

import { type ReactNode, useState } from "react";
import { api, type Schemas } from "@/api/client";
import { useAction } from "@/api/use-action";
import { count } from "@/lib/format";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { Figure, Section } from "@/ui/page";
import { Failure } from "@/ui/states";
import { Instant } from "@/ui/time";
import { DayBars } from "./day-bars";

const FAULTS = [
  { name: "deferred", label: "Put off, %" },
  { name: "refused", label: "Refused, %" },
  { name: "unknown", label: "No answer, %" },
] as const;
type Fault = (typeof FAULTS)[number]["name"];

/** The whole campaign in seconds, with a provider that fails as told. Nothing leaves. */
export function DryRun({ campaign }: { campaign: Schemas["CampaignOut"] }) {
  const [shares, setShares] = useState<Record<Fault, string>>({ deferred: "0", refused: "0", unknown: "0" });
  const run = useAction(
    async (faults: Schemas["FaultsIn"]) =>
      (
        await api.POST("/v1/campaigns/{campaign_id}/dry-run", {
          params: { path: { campaign_id: campaign.id } },
          body: { faults },
        })
      ).data!,
    { quiet: true },
  );
  return (
    <Section
      title="Dry run"
      description="The whole campaign in seconds, with a mail provider that fails as often as you say. Nothing leaves and nothing is kept."
    >
      <form
        className="mb-5 flex flex-wrap items-end gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          const share = (name: Fault) => Number(shares[name] || 0) / 100;
          run.mutate({
            deferred: share("deferred"),
            refused: share("refused"),
            unknown: share("unknown"),
            seed: 0,
          });
        }}
      >
        {FAULTS.map(({ name, label }) => (
          <Field key={name} label={label} className="w-28">
            <Input
              type="number"
              min={0}
              max={100}
              step="0.1"
              value={shares[name]}
              onChange={(event) => setShares({ ...shares, [name]: event.target.value })}
            />
          </Field>
        ))}
        <Button type="submit" busy={run.isPending}>
          Run it
        </Button>
      </form>
      {run.error && <Failure error={run.error} />}
      {run.data && <Outcome run={run.data} />}
    </Section>
  );
}

function Outcome({ run }: { run: Schemas["DryRunOut"] }) {
  const figures: [string, number, ReactNode?][] = [
    ["Sent", run.sent],
    ["Failed", run.failed],
    ["Unknown", run.unknown],
    ["Suppressed", run.suppressed],
    ["Planned already", run.planned],
    ["Not reached", run.left],
  ];
  return (
    <div aria-live="polite">
      <div className="mb-3 flex flex-wrap gap-x-10 gap-y-3">
        {figures.map(
          ([name, value], index) =>
            (value > 0 || index === 0) && (
              <Figure key={name} name={name}>
                {count(value)}
              </Figure>
            ),
        )}
      </div>
      {run.first_at && run.last_at && (
        <p className="mb-4 text-ink-soft">
          The first leaves <Instant at={run.first_at} />, the last <Instant at={run.last_at} />.
          {run.deferred > 0 && ` ${count(run.deferred)} were put off and tried again.`}
        </p>
      )}
      {run.days.length > 0 && (
        <DayBars
          label="Mails per day of the dry run"
          days={run.days.map(({ date, sent, failed, unknown }) => ({
            date,
            mails: sent,
            note: failed + unknown > 0 ? `${count(failed)} failed, ${count(unknown)} unknown` : undefined,
          }))}
        />
      )}
    </div>
  );
}
