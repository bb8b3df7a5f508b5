"use client";

import { useState } from "react";
import { Mail } from "lucide-react";
import { $api, type Schemas } from "@/api/client";
import { inPlainWords } from "@/features/lists/set-aside-words";
import { MailView } from "@/features/templates/mail-view";
import { asSentence } from "@/lib/sentences";
import { useMay } from "@/session/me";
import { Button } from "@/ui/button";
import { Fact, Facts } from "@/ui/page";
import { Loaded, Notice, SkeletonRows } from "@/ui/states";
import { Instant } from "@/ui/time";
import { LeadStanding } from "./lead-standing";
import { zoneName, zoneSource } from "./states";
import { TestDialog } from "./test-dialog";

type Props = { campaign: Schemas["CampaignOut"]; lead: Schemas["LeadOut"] };

/** One lead: why it has not been written to, when it can be, and the mail it gets. */
export function LeadPanel({ campaign, lead }: Props) {
  const may = useMay("sending");
  const [testing, setTesting] = useState(false);
  return (
    <div className="flex flex-col gap-6">
      {lead.lead_id === null ? <Excluded lead={lead} /> : <WhyLead campaign={campaign} leadId={lead.lead_id} />}
      <Facts>
        <Fact name="State">
          <LeadStanding lead={lead} />
        </Fact>
        {lead.time_zone && (
          <Fact name="Time zone">
            {zoneName(lead.time_zone)} <span className="text-ink-faint">({zoneSource(lead.zone_source)})</span>
          </Fact>
        )}
        {lead.planned_at && (
          <Fact name="Planned for">
            <Instant at={lead.planned_at} timeZone={lead.time_zone ?? undefined} />
          </Fact>
        )}
        {lead.ended_at && (
          <Fact name={lead.state === "sent" ? "Sent" : "Ended"}>
            <Instant at={lead.ended_at} timeZone={lead.time_zone ?? undefined} />
          </Fact>
        )}
      </Facts>
      <TheMail campaign={campaign} rowNo={lead.row_no} />
      {campaign.state !== "finished" && may && (
        <div>
          <Button icon={<Mail aria-hidden />} onClick={() => setTesting(true)}>
            Send me this mail
          </Button>
        </div>
      )}
      {testing && <TestDialog campaign={campaign} rowNo={lead.row_no} onClose={() => setTesting(false)} />}
    </div>
  );
}

function Excluded({ lead }: Pick<Props, "lead">) {
  return (
    <Notice title="Left out at the start">
      {asSentence(inPlainWords(lead.detail ?? lead.reason ?? "the row could not be written to"))}
    </Notice>
  );
}

function WhyLead({ campaign, leadId }: { campaign: Schemas["CampaignOut"]; leadId: string }) {
  const why = $api.useQuery("get", "/v1/campaigns/{campaign_id}/leads/{lead_id}/why", {
    params: { path: { campaign_id: campaign.id, lead_id: leadId } },
  });
  return (
    <Loaded query={why} skeleton={<SkeletonRows rows={2} />}>
      {({ explanation, lead, position }) => (
        <Notice title={lead.state === "sent" ? "Sent" : "Why not sent?"}>
          {inPlainWords(explanation.sentence)}
          {position !== null && ` It is number ${position} in the line.`}
          {explanation.next_at && (
            <div className="mt-1">
              Next possible: <Instant at={explanation.next_at} timeZone={lead.time_zone ?? undefined} />
            </div>
          )}
        </Notice>
      )}
    </Loaded>
  );
}

function TheMail({ campaign, rowNo }: { campaign: Schemas["CampaignOut"]; rowNo: number }) {
  const mail = $api.useQuery("post", "/v1/templates/preview", {
    body: { campaign_id: campaign.id, list_id: campaign.list_id, row_no: rowNo },
  });
  return (
    <section>
      <h3 className="mb-2 font-medium">The mail</h3>
      <Loaded query={mail} skeleton={<SkeletonRows rows={4} />}>
        {(made) => <MailView mail={made} />}
      </Loaded>
    </section>
  );
}
