"use client";

import {
  Download,
  Ellipsis,
  Gauge,
  ListRestart,
  Pause,
  Play,
  RotateCw,
  Send,
  SquareCheck,
  Trash2,
  X,
} from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useMay } from "@/session/me";
import { Button, ButtonLink, IconButton } from "@/ui/button";
import { Menu, MenuItem, MenuLine } from "@/ui/menu";
import { type JobOut, takes } from "./states";
import { useSheet } from "./use-sheet";
import { useTurn } from "./use-turn";

const EndJob = dynamic(() => import("./end-job"), { ssr: false });
const RetryRows = dynamic(() => import("./retry-rows"), { ssr: false });
const Ceiling = dynamic(() => import("./ceiling"), { ssr: false });

type Asked = "cancel" | "finish" | "delete" | "retry" | "ceiling" | null;

/** What can be done with a job in the state it is in; the one that is most likely wanted stands out. */
export function JobActions({ job }: { job: JobOut }) {
  const may = useMay("jobs");
  const can = takes(job);
  const [asked, ask] = useState<Asked>(null);
  const turn = useTurn(job);
  const sheet = useSheet(job);
  const ceilingReached = job.state === "parked" && job.waiting?.reason === "ceiling";
  const close = () => ask(null);
  return (
    <>
      {may && can.pause && (
        <Button icon={<Pause aria-hidden />} busy={turn.isPending} onClick={() => turn.mutate("pause")}>
          Pause
        </Button>
      )}
      {may && ceilingReached && (
        <Button look="primary" icon={<Gauge aria-hidden />} onClick={() => ask("ceiling")}>
          Raise the ceiling
        </Button>
      )}
      {may && can.resume && !ceilingReached && (
        <Button look="primary" icon={<Play aria-hidden />} busy={turn.isPending} onClick={() => turn.mutate("resume")}>
          Resume
        </Button>
      )}
      {can.send && (
        <ButtonLink href={`/list?id=${job.list_id}`} icon={<Send aria-hidden />}>
          Send to these
        </ButtonLink>
      )}
      {can.download && (
        <Button
          look="primary"
          icon={<Download aria-hidden />}
          busy={sheet.isPending}
          onClick={() => sheet.mutate("xlsx")}
        >
          Download
        </Button>
      )}
      {may && <More job={job} onAsk={ask} onRerun={() => turn.mutate("rerun")} />}
      {(asked === "cancel" || asked === "finish" || asked === "delete") && (
        <EndJob job={job} how={asked} onClose={close} />
      )}
      {asked === "retry" && <RetryRows job={job} onClose={close} />}
      {asked === "ceiling" && <Ceiling job={job} onClose={close} />}
    </>
  );
}

function More({ job, onAsk, onRerun }: { job: JobOut; onAsk: (asked: Asked) => void; onRerun: () => void }) {
  const can = takes(job);
  if (!can.cancel && !can.retry && !can.remove) return null;
  return (
    <Menu
      trigger={
        <IconButton label="More" look="secondary">
          <Ellipsis aria-hidden />
        </IconButton>
      }
    >
      {can.retry && (
        <MenuItem icon={<RotateCw aria-hidden />} onClick={() => onAsk("retry")}>
          Retry rows…
        </MenuItem>
      )}
      {can.ceiling && (
        <MenuItem icon={<Gauge aria-hidden />} onClick={() => onAsk("ceiling")}>
          Change the ceiling…
        </MenuItem>
      )}
      {can.rerun && (
        <MenuItem icon={<ListRestart aria-hidden />} onClick={onRerun}>
          Begin unfinished rows again
        </MenuItem>
      )}
      {can.finish && (
        <MenuItem icon={<SquareCheck aria-hidden />} onClick={() => onAsk("finish")}>
          Finish with what there is…
        </MenuItem>
      )}
      {(can.cancel || can.remove) && <MenuLine />}
      {can.cancel && (
        <MenuItem danger icon={<X aria-hidden />} onClick={() => onAsk("cancel")}>
          Cancel the job…
        </MenuItem>
      )}
      {can.remove && (
        <MenuItem danger icon={<Trash2 aria-hidden />} onClick={() => onAsk("delete")}>
          Delete…
        </MenuItem>
      )}
    </Menu>
  );
}
