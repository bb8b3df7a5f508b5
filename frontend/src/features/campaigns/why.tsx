"use client";

import { $api, type Schemas } from "@/api/client";
import { count } from "@/lib/format";
import { inPlainWords } from "@/features/lists/set-aside-words";
import { Section } from "@/ui/page";
import { Loaded } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { Instant } from "@/ui/time";

/** Causes that no time and nobody ends. */
const OVER = new Set([
  "excluded",
  "stopped",
  "failed",
  "enrolment_ended",
  "already_sent",
  "campaign_finished",
  "suppressed",
]);

/** What the leads that have not been written to wait for, and until when. */
export function Why({ campaign }: { campaign: Schemas["CampaignOut"] }) {
  const why = $api.useQuery("get", "/v1/campaigns/{campaign_id}/why", {
    params: { path: { campaign_id: campaign.id } },
  });
  return (
    <Section title="Why not sent?" description="What those who have not been written to wait for.">
      <Loaded query={why}>
        {({ causes }) =>
          causes.length === 0 ? (
            <p className="text-ink-soft">Nobody is waiting: everybody who could be written to has been.</p>
          ) : (
            <DataTable
              label="What leads wait for"
              rows={causes}
              id={(cause) => cause.sentence}
              columns={[
                { title: "Leads", numeric: true, className: "w-16", cell: (cause) => count(cause.leads) },
                {
                  title: "Why",
                  cell: (cause) => (
                    <>
                      {inPlainWords(cause.sentence)}
                      <span className="block text-ink-faint sm:hidden">
                        <Next cause={cause} />
                      </span>
                    </>
                  ),
                },
                { title: "Next possible", from: "sm", cell: (cause) => <Next cause={cause} /> },
              ]}
            />
          )
        }
      </Loaded>
    </Section>
  );
}

function Next({ cause }: { cause: Schemas["CauseOut"] }) {
  if (cause.next_at) return <Instant at={cause.next_at} />;
  return <span className="text-ink-faint">{OVER.has(cause.code) ? "Not in this campaign" : "When somebody acts"}</span>;
}
