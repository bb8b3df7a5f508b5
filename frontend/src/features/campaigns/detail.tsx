"use client";

import Link from "next/link";
import { $api } from "@/api/client";
import { capitalised, asSentence } from "@/lib/sentences";

const CAMPAIGN = /^(.*campaign )([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(.*)$/;

/** What keeps a row out, in a sentence; a campaign that it names by its id is named by its name. */
export function Detail({ said }: { said: string }) {
  const [, before, id, after] = CAMPAIGN.exec(said) ?? [];
  if (id === undefined) return asSentence(said);
  return (
    <>
      {capitalised(before ?? "")}
      <CampaignName id={id} />
      {after || "."}
    </>
  );
}

function CampaignName({ id }: { id: string }) {
  const campaign = $api.useQuery(
    "get",
    "/v1/campaigns/{campaign_id}",
    { params: { path: { campaign_id: id } } },
    { retry: false },
  );
  return (
    <Link className="font-medium text-accent-ink hover:underline" href={`/campaign?id=${id}`}>
      {campaign.data?.name ?? "another"}
    </Link>
  );
}
