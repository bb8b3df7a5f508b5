"use client";

import dynamic from "next/dynamic";
import { usePathname, useSearchParams } from "next/navigation";
import { $api, type Schemas } from "@/api/client";
import { inPlainWords } from "@/features/lists/set-aside-words";
import { asSentence } from "@/lib/sentences";
import { useIdParam } from "@/lib/use-id-param";
import { Badge } from "@/ui/badge";
import { ButtonLink } from "@/ui/button";
import { PageHeader } from "@/ui/page";
import { Empty, Loaded, Notice, SkeletonRows } from "@/ui/states";
import { Tabs } from "@/ui/tabs";
import { CampaignActions } from "./campaign-actions";
import { CampaignState } from "./campaign-state";
import { Overview } from "./overview";
import { Standing } from "./standing";

const loading = () => <SkeletonRows />;
const Leads = dynamic(() => import("./leads").then((part) => part.Leads), { loading });
const Lines = dynamic(() => import("./lines").then((part) => part.Lines), { loading });
const Calendar = dynamic(() => import("./calendar").then((part) => part.Calendar), { loading });
const Check = dynamic(() => import("./check").then((part) => part.Check), { loading });

const STARTING_MS = 5_000;
const BACK = { href: "/campaigns", label: "Campaigns" };
const TABS = [
  { value: "overview", label: "Overview" },
  { value: "leads", label: "Leads" },
  { value: "lines", label: "Opening lines" },
  { value: "calendar", label: "Calendar" },
  { value: "check", label: "Check" },
] as const;
type Tab = (typeof TABS)[number]["value"];

/** One campaign: how far it is, what it waits for, and what will leave when. */
export function Campaign() {
  const id = useIdParam();
  if (id === null) {
    return (
      <>
        <PageHeader title="Campaign" back={BACK} />
        <Empty title="There is no such campaign" action={<ButtonLink href="/campaigns">See all campaigns</ButtonLink>}>
          The address names none, or not all of it came along.
        </Empty>
      </>
    );
  }
  return <OneCampaign id={id} />;
}

function OneCampaign({ id }: { id: string }) {
  const campaign = $api.useQuery(
    "get",
    "/v1/campaigns/{campaign_id}",
    { params: { path: { campaign_id: id } } },
    { refetchInterval: ({ state }) => (state.data?.state === "starting" ? STARTING_MS : false) },
  );
  return (
    <Loaded query={campaign} skeleton={<Waiting />}>
      {(shown) => (
        <>
          <PageHeader back={BACK} title={shown.name} actions={<CampaignActions campaign={shown} />}>
            <div className="mt-2 flex flex-wrap items-center gap-3">
              <CampaignState campaign={shown} />
              {shown.sandboxed && (
                <Badge tone="warn" title="Its mails go to the sandbox's inbox and reach nobody.">
                  Sandbox
                </Badge>
              )}
            </div>
          </PageHeader>
          <Known campaign={shown} />
          <Standing campaign={shown} />
          <Parts campaign={shown} />
        </>
      )}
    </Loaded>
  );
}

function Waiting() {
  return (
    <>
      <PageHeader back={BACK} title={<span className="text-ink-faint">Campaign</span>} />
      <SkeletonRows />
    </>
  );
}

/** What somebody should know before anything else. */
function Known({ campaign }: { campaign: Schemas["CampaignOut"] }) {
  return (
    <div className="mb-6 flex flex-col gap-2 empty:hidden">
      {campaign.start_problem && (
        <Notice
          tone="bad"
          title="The last start came to nothing"
          action={
            campaign.state === "draft" && (
              <ButtonLink size="sm" href={`/list?id=${campaign.list_id}&start=1`}>
                Start with another template
              </ButtonLink>
            )
          }
        >
          {asSentence(inPlainWords(campaign.start_problem))}
        </Notice>
      )}
      {campaign.state === "paused" && campaign.paused_reason && (
        <Notice tone="warn" title="Paused by itself">
          {campaign.paused_reason}
        </Notice>
      )}
      {campaign.hand_over_note && <Notice>{campaign.hand_over_note}</Notice>}
    </div>
  );
}

function Parts({ campaign }: { campaign: Schemas["CampaignOut"] }) {
  const [tab, choose] = useTab();
  return (
    <>
      <Tabs label="Parts of the campaign" value={tab} tabs={TABS} onChange={choose} />
      {tab === "overview" && <Overview campaign={campaign} onTab={choose} />}
      {tab === "leads" && <Leads campaign={campaign} onCheck={() => choose("check")} />}
      {tab === "lines" && <Lines campaign={campaign} />}
      {tab === "calendar" && <Calendar campaign={campaign} />}
      {tab === "check" && <Check campaign={campaign} />}
    </>
  );
}

/** The part that is shown stands in the address, so that it can be sent to somebody. */
function useTab(): [Tab, (tab: Tab) => void] {
  const query = useSearchParams();
  const path = usePathname();
  const asked = query.get("tab");
  const tab = TABS.find(({ value }) => value === asked)?.value ?? "overview";
  const choose = (next: Tab) => {
    const changed = new URLSearchParams(query);
    if (next === "overview") changed.delete("tab");
    else changed.set("tab", next);
    window.history.replaceState(null, "", `${path}?${changed}`);
  };
  return [tab, choose];
}
