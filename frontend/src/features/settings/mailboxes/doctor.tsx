"use client";

import { useState } from "react";
import { $api, type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { type Tone, Status } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Section } from "@/ui/page";
import { Loaded, SkeletonRows } from "@/ui/states";
import { Ago } from "@/ui/time";
import type { Mailbox } from "./mailbox";

const VERDICTS: Record<Schemas["FindingOut"]["verdict"], { label: string; tone: Tone }> = {
  ok: { label: "good", tone: "good" },
  warn: { label: "could be better", tone: "warn" },
  fail: { label: "to mend", tone: "bad" },
};

/** What the domain publishes about its mail, and what to do about it. */
export function Doctor({ one }: { one: Mailbox }) {
  const [fresh, setFresh] = useState<Schemas["ReportOut"] | null>(null);
  const path = { mailbox_id: one.id };
  const report = $api.useQuery(
    "get",
    "/v1/mailboxes/{mailbox_id}/doctor",
    { params: { path } },
    { staleTime: 600_000, retry: false },
  );
  const again = useAction(
    async () =>
      (await api.GET("/v1/mailboxes/{mailbox_id}/doctor", { params: { path, query: { again: true } } })).data!,
    { onDone: setFresh },
  );
  return (
    <Section
      title="Will it arrive?"
      description="What the domain tells other mail servers about who may write in its name."
      actions={
        <Button size="sm" busy={again.isPending} onClick={() => again.mutate(undefined)}>
          Look again
        </Button>
      }
    >
      <Loaded query={report} skeleton={<SkeletonRows rows={4} />}>
        {(kept) => {
          const { findings, examined_at } = fresh ?? kept;
          return (
            <>
              <ul className="flex flex-col">
                {findings.map((finding) => (
                  <li key={finding.subject} className="flex flex-col gap-0.5 border-b py-2.5">
                    <Status tone={VERDICTS[finding.verdict].tone}>
                      <span className="font-medium uppercase">{finding.subject}</span> {VERDICTS[finding.verdict].label}
                    </Status>
                    <p className="pl-3.5 break-words text-ink-soft">{finding.sentence}</p>
                  </li>
                ))}
              </ul>
              <p className="mt-2 text-[0.8125rem] text-ink-faint">
                Looked at <Ago at={examined_at} />
              </p>
            </>
          );
        }}
      </Loaded>
    </Section>
  );
}
