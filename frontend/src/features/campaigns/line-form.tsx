"use client";

import { useState } from "react";
import { api, type Schemas } from "@/api/client";
import { useAction } from "@/api/use-action";
import { useMay } from "@/session/me";
import { Button } from "@/ui/button";
import { Field, Textarea } from "@/ui/field";
import { Failure } from "@/ui/states";

type Props = { campaign: Schemas["CampaignOut"]; line: Schemas["LineOut"]; onSaved: () => void };

/** One lead's line for this campaign. The list keeps its own, so that the words found by research can be had back. */
export function LineForm({ campaign, line, onSaved }: Props) {
  const may = useMay("sending");
  const [text, setText] = useState(line.line);
  const save = useAction(
    async (body: Schemas["SenderLineIn"]) =>
      (
        await api.PUT("/v1/campaigns/{campaign_id}/leads/{lead_id}/line", {
          params: { path: { campaign_id: campaign.id, lead_id: line.lead_id } },
          body,
        })
      ).data!,
    {
      quiet: true,
      done: "Line saved",
      refresh: [["get", "/v1/campaigns/{campaign_id}/lines"]],
      onDone: onSaved,
    },
  );
  const over = campaign.state === "finished";
  const changed = text.trim() !== line.line;
  const said = text.trim() === line.listed ? null : text.trim();
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ line: said, approved: true });
      }}
    >
      {save.error && <Failure error={save.error} />}
      <Field label="Line" hint={over ? "The campaign is finished." : "For this campaign; the list keeps its own."}>
        <Textarea
          rows={4}
          required
          readOnly={!may || over}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </Field>
      {line.edited && (
        <div>
          <div className="text-[0.8125rem] text-ink-faint">As it was written by research</div>
          <p>{line.listed}</p>
        </div>
      )}
      {may && !over && (
        <div className="flex flex-wrap gap-2">
          <Button look="primary" type="submit" busy={save.isPending}>
            {changed ? "Save and approve" : "Approve"}
          </Button>
          {line.edited && (
            <Button busy={save.isPending} onClick={() => save.mutate({ line: null, approved: false })}>
              Take the researched one
            </Button>
          )}
          {line.approved && !changed && (
            <Button busy={save.isPending} onClick={() => save.mutate({ line: said, approved: false })}>
              Take the approval back
            </Button>
          )}
        </div>
      )}
    </form>
  );
}
