"use client";

import { useState } from "react";
import { $api, api, type Schemas } from "@/api/client";
import { useAction } from "@/api/use-action";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Failure } from "@/ui/states";
import { CAMPAIGN_KEYS } from "./keys";
import { TemplateChoice } from "./template-choice";

/** Another template for a draft, or the words its own has by now. */
export function TemplateDialog({ campaign, onClose }: { campaign: Schemas["CampaignOut"]; onClose: () => void }) {
  const templates = $api.useQuery("get", "/v1/templates", { params: { query: { limit: 100 } } });
  const usual = templates.data?.items.find((one) => one.is_default)?.id;
  const [chosen, setChosen] = useState<string | null>(null);
  const value = chosen ?? (campaign.template_id === usual ? "" : campaign.template_id);
  const templateId = value === "" ? usual : value;
  const save = useAction(
    async (template_id: string) =>
      (
        await api.PATCH("/v1/campaigns/{campaign_id}", {
          params: { path: { campaign_id: campaign.id } },
          body: { template_id },
        })
      ).data!,
    { quiet: true, done: "Template changed", refresh: CAMPAIGN_KEYS, onDone: onClose },
  );
  return (
    <Dialog
      open
      onClose={onClose}
      title="Template"
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            busy={save.isPending}
            disabled={templateId === undefined}
            onClick={() => templateId && save.mutate(templateId)}
          >
            Use this template
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {save.error && <Failure error={save.error} />}
        <TemplateChoice listId={campaign.list_id} value={value} onChange={setChosen} />
      </div>
    </Dialog>
  );
}
