"use client";

import Link from "next/link";
import dynamic from "next/dynamic";
import { useState } from "react";
import { $api, type Schemas } from "@/api/client";
import { count, plural } from "@/lib/format";
import { useMay } from "@/session/me";
import { Button } from "@/ui/button";
import { Fact, Facts, Section } from "@/ui/page";
import { Instant } from "@/ui/time";
import { Why } from "./why";
import { windowInWords } from "./window-words";

const WindowDialog = dynamic(() => import("./window-dialog").then((part) => part.WindowDialog));
const TemplateDialog = dynamic(() => import("./template-dialog").then((part) => part.TemplateDialog));
const LINK = "font-medium text-accent-ink hover:underline";

type Props = { campaign: Schemas["CampaignOut"]; onTab: (tab: "check" | "calendar" | "lines") => void };

/** What a campaign waits for, and what it is made of. */
export function Overview({ campaign, onTab }: Props) {
  return (
    <>
      {campaign.state === "draft" ? <BeforeStart onTab={onTab} /> : <Why campaign={campaign} />}
      <MadeOf campaign={campaign} />
    </>
  );
}

function BeforeStart({ onTab }: Pick<Props, "onTab">) {
  const steps = [
    { tab: "check", label: "Check every row", what: "See which rows would be left out, and why." },
    { tab: "lines", label: "Read the opening lines", what: "Change or approve what was written for each lead." },
    { tab: "calendar", label: "Look at the calendar", what: "How many mails leave on which day, and a dry run." },
  ] as const;
  return (
    <Section title="Before you start" description="Nothing has left. None of this is needed; all of it is quick.">
      <ul>
        {steps.map(({ tab, label, what }) => (
          <li
            key={tab}
            className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 border-b py-2.5 first:border-t"
          >
            <div className="min-w-0">
              <span className="font-medium">{label}</span> <span className="text-ink-soft">{what}</span>
            </div>
            <Button size="sm" aria-label={label} onClick={() => onTab(tab)}>
              Open
            </Button>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function MadeOf({ campaign }: { campaign: Schemas["CampaignOut"] }) {
  const may = useMay("sending");
  const [editing, setEditing] = useState<"window" | "template" | null>(null);
  const list = $api.useQuery(
    "get",
    "/v1/lists/{list_id}",
    { params: { path: { list_id: campaign.list_id } } },
    { retry: false },
  );
  const template = $api.useQuery(
    "get",
    "/v1/templates/{template_id}",
    { params: { path: { template_id: campaign.template_id } } },
    { retry: false },
  );
  const mailboxes = $api.useQuery("get", "/v1/mailboxes", { params: { query: { limit: 100 } } });
  const named = new Map((mailboxes.data?.items ?? []).map((one) => [one.id, one.address]));
  const editable = campaign.state === "draft" || campaign.state === "paused";
  return (
    <Section title="Made of">
      <Facts>
        <Fact name="List">
          {list.error ? (
            "A list that has been deleted"
          ) : (
            <Link className={LINK} href={`/list?id=${campaign.list_id}`}>
              {list.data?.name ?? "…"}
            </Link>
          )}
        </Fact>
        <Fact name="Template">
          <span className="inline-flex flex-wrap items-center gap-x-3 gap-y-1">
            <span>
              {template.error ? (
                "A template that has been deleted"
              ) : (
                <Link className={LINK} href={`/template?id=${campaign.template_id}`}>
                  {template.data?.name ?? "…"}
                </Link>
              )}
              <span className="text-ink-faint">, version {campaign.template_version}</span>
            </span>
            {campaign.state === "draft" && (
              <Button
                size="sm"
                aria-label="Choose another template"
                disabled={!may}
                onClick={() => setEditing("template")}
              >
                Choose another
              </Button>
            )}
          </span>
        </Fact>
        <Fact name="Mailboxes">
          {campaign.mailbox_ids
            .map((id) => named.get(id) ?? (mailboxes.data ? "one that was removed" : "…"))
            .join(", ")}
        </Fact>
        <Fact name="Days and hours">
          <span className="inline-flex flex-wrap items-center gap-x-3 gap-y-1">
            <span title="By the clock where each lead is.">{windowInWords(campaign.window)}</span>
            {campaign.state !== "finished" && (
              <Button
                size="sm"
                disabled={!may || !editable}
                title={editable ? undefined : "Pause the campaign to change its hours."}
                onClick={() => setEditing("window")}
              >
                Change
              </Button>
            )}
          </span>
        </Fact>
        <Fact name="Mails a day">
          {plural(campaign.daily_quota, "mail")} at most
          {campaign.weight > 1 && `, weighs ${count(campaign.weight)} beside other campaigns`}
        </Fact>
        {campaign.started_at && (
          <Fact name="Started">
            <Instant at={campaign.started_at} />
          </Fact>
        )}
        {campaign.finished_at && (
          <Fact name="Finished">
            <Instant at={campaign.finished_at} />
          </Fact>
        )}
      </Facts>
      {editing === "window" && <WindowDialog campaign={campaign} onClose={() => setEditing(null)} />}
      {editing === "template" && <TemplateDialog campaign={campaign} onClose={() => setEditing(null)} />}
    </Section>
  );
}
