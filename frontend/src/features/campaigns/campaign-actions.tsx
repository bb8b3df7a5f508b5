"use client";

import { Ellipsis, Mail, Pause, Play, Send, Square } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { api, type Schemas } from "@/api/client";
import { useAction } from "@/api/use-action";
import { plural } from "@/lib/format";
import { useMay } from "@/session/me";
import { Button, IconButton } from "@/ui/button";
import { Menu, MenuItem } from "@/ui/menu";
import { CAMPAIGN_KEYS } from "./keys";

const EndDialog = dynamic(() => import("./end-dialog").then((part) => part.EndDialog));
const TestDialog = dynamic(() => import("./test-dialog").then((part) => part.TestDialog));
const NO = "Viewers cannot send: ask an admin for another role.";

/** Start, pause and resume, a mail to oneself, and the end. */
export function CampaignActions({ campaign }: { campaign: Schemas["CampaignOut"] }) {
  const may = useMay("sending");
  const [open, setOpen] = useState<"end" | "test" | null>(null);
  const { state } = campaign;
  const params = { path: { campaign_id: campaign.id } };
  const start = useAction(async () => (await api.POST("/v1/campaigns/{campaign_id}/start", { params })).data!, {
    refresh: CAMPAIGN_KEYS,
    done: ({ excluded_rows: left }) =>
      left.length > 0 ? `Started; ${plural(left.length, "row")} left out` : "Sending has started",
  });
  const pause = useAction(async () => (await api.POST("/v1/campaigns/{campaign_id}/pause", { params })).data!, {
    refresh: CAMPAIGN_KEYS,
    done: "Paused; nothing more leaves",
  });
  const title = may ? undefined : NO;
  return (
    <>
      {state !== "finished" && (
        <>
          <Button icon={<Mail aria-hidden />} disabled={!may} title={title} onClick={() => setOpen("test")}>
            Send me a test
          </Button>
        </>
      )}
      {(state === "active" || state === "starting") && (
        <Button
          icon={<Pause aria-hidden />}
          busy={pause.isPending}
          disabled={!may || state === "starting"}
          title={state === "starting" ? "It can be paused once its list is taken in." : title}
          onClick={() => pause.mutate(undefined)}
        >
          Pause
        </Button>
      )}
      {(state === "draft" || state === "paused") && (
        <Button
          look="primary"
          icon={state === "draft" ? <Send aria-hidden /> : <Play aria-hidden />}
          busy={start.isPending}
          disabled={!may}
          title={title}
          onClick={() => start.mutate(undefined)}
        >
          {state === "draft" ? "Start sending" : "Resume"}
        </Button>
      )}
      {may && state !== "finished" && (
        <Menu
          trigger={
            <IconButton label="More">
              <Ellipsis aria-hidden />
            </IconButton>
          }
        >
          <MenuItem danger icon={<Square aria-hidden />} onClick={() => setOpen("end")}>
            End the campaign
          </MenuItem>
        </Menu>
      )}
      {open === "end" && <EndDialog campaign={campaign} onClose={() => setOpen(null)} />}
      {open === "test" && <TestDialog campaign={campaign} onClose={() => setOpen(null)} />}
    </>
  );
}
