"use client";

import { useState } from "react";
import { api, type Schemas } from "@/api/client";
import { useAction } from "@/api/use-action";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Failure } from "@/ui/states";
import { WindowFields } from "./window-fields";
import type { Hours } from "./window-words";

/** Other days and hours for a campaign that is not running. */
export function WindowDialog({ campaign, onClose }: { campaign: Schemas["CampaignOut"]; onClose: () => void }) {
  const [hours, setHours] = useState<Hours>(campaign.window);
  const save = useAction(
    async (body: Hours) =>
      (
        await api.PUT("/v1/campaigns/{campaign_id}/window", {
          params: { path: { campaign_id: campaign.id } },
          body,
        })
      ).data!,
    {
      quiet: true,
      done: "Hours saved",
      refresh: [
        ["get", "/v1/campaigns/{campaign_id}"],
        ["get", "/v1/campaigns/{campaign_id}/forecast"],
        ["get", "/v1/campaigns/{campaign_id}/why"],
      ],
      onDone: onClose,
    },
  );
  return (
    <Dialog
      open
      onClose={onClose}
      title="Days and hours"
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            busy={save.isPending}
            disabled={hours.days.length === 0}
            title={hours.days.length === 0 ? "Choose a day first." : undefined}
            onClick={() => save.mutate(hours)}
          >
            Save hours
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {save.error && <Failure error={save.error} />}
        <WindowFields value={hours} onChange={setHours} />
      </div>
    </Dialog>
  );
}
