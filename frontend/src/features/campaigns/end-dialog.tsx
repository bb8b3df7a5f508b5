"use client";

import { api, type Schemas } from "@/api/client";
import { useAction } from "@/api/use-action";
import { plural } from "@/lib/format";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Failure } from "@/ui/states";
import { CAMPAIGN_KEYS } from "./keys";

/** An end is for good: says what will not be sent any more. */
export function EndDialog({ campaign, onClose }: { campaign: Schemas["CampaignOut"]; onClose: () => void }) {
  const { counts } = campaign;
  const open = counts.waiting + counts.planned + counts.deferred;
  const end = useAction(
    async () =>
      (await api.POST("/v1/campaigns/{campaign_id}/end", { params: { path: { campaign_id: campaign.id } } })).data!,
    { quiet: true, refresh: CAMPAIGN_KEYS, done: "The campaign has ended", onDone: onClose },
  );
  return (
    <Dialog
      open
      onClose={onClose}
      title={`End ${campaign.name}?`}
      description={
        open > 0
          ? `${plural(open, "lead")} will not be written to by it, and other campaigns may. It cannot be started again; to stop for a while, pause it.`
          : "It cannot be started again."
      }
      actions={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button look="danger" busy={end.isPending} onClick={() => end.mutate(undefined)}>
            End the campaign
          </Button>
        </>
      }
    >
      {end.error && <Failure error={end.error} />}
    </Dialog>
  );
}
