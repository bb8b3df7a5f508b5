"use client";

import { useState } from "react";
import { api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { plural } from "@/lib/format";
import { useMay } from "@/session/me";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import type { Sourcing } from "./filters";
import { hasEnded } from "./states";

const REFRESH = [
  ["get", "/v1/sourcings/{sourcing_id}"],
  ["get", "/v1/sourcings"],
  ["get", "/v1/credits"],
];

/** Stop it for good, or let it go on. */
export function Turns({ sourcing }: { sourcing: Sourcing }) {
  const may = useMay("jobs");
  const [asking, setAsking] = useState(false);
  const params = { path: { sourcing_id: sourcing.id } };
  const cancel = useAction(async () => (await api.POST("/v1/sourcings/{sourcing_id}/cancel", { params })).data!, {
    refresh: REFRESH,
    onDone: () => setAsking(false),
  });
  const resume = useAction(async () => (await api.POST("/v1/sourcings/{sourcing_id}/resume", { params })).data!, {
    refresh: REFRESH,
    done: "It goes on.",
  });
  if (!may || hasEnded(sourcing.state)) return null;
  return (
    <>
      <Button onClick={() => setAsking(true)}>Cancel</Button>
      {sourcing.state === "parked" && (
        <Button look="primary" busy={resume.isPending} onClick={() => resume.mutate(undefined)}>
          Resume
        </Button>
      )}
      <Dialog
        open={asking}
        onClose={() => setAsking(false)}
        title="Stop looking for more?"
        description={`${plural(sourcing.leads, "lead")} found so far will be delivered and charged. The rest is not looked for, and its credits come back.`}
        actions={
          <>
            <Button onClick={() => setAsking(false)}>Go on looking</Button>
            <Button look="danger" busy={cancel.isPending} onClick={() => cancel.mutate(undefined)}>
              Stop
            </Button>
          </>
        }
      />
    </>
  );
}
