"use client";

import { Pause, Play } from "lucide-react";
import { useRouter } from "next/navigation";
import { useAction } from "@/api/use-action";
import { bytes, percent } from "@/lib/format";
import { useMay } from "@/session/me";
import { Button } from "@/ui/button";
import { PageHeader } from "@/ui/page";
import { Progress } from "@/ui/progress";
import { Failure, Notice } from "@/ui/states";
import { Instant } from "@/ui/time";
import { discardTransfer } from "./discard-transfer";
import { DropZone } from "./drop-zone";
import { Steps, stepHref } from "./steps";
import { type Transfer, goOn, pause, sendFile, useTransfer } from "./transfers";
import type { UploadOut } from "./use-upload";

/** A file on its way: how far it is, and how to go on where it was broken off. */
export function Receiving({ upload }: { upload: UploadOut }) {
  const router = useRouter();
  const transfer = useTransfer(upload.id);
  const discard = useAction(
    async () => {
      await discardTransfer(upload.id);
      return null;
    },
    { refresh: [["get", "/v1/uploads"]], onDone: () => router.push("/upload") },
  );
  return (
    <>
      <PageHeader
        title={upload.filename}
        back={{ href: "/upload", label: "New job" }}
        actions={
          <Button look="quiet" busy={discard.isPending} onClick={() => discard.mutate(undefined)}>
            Discard
          </Button>
        }
      >
        <Steps now="file" />
      </PageHeader>
      {transfer ? <OnItsWay transfer={transfer} /> : <BrokenOff upload={upload} />}
    </>
  );
}

function OnItsWay({ transfer }: { transfer: Transfer }) {
  const { id, sent, size, state, problem } = transfer;
  const share = size === 0 ? 1 : sent / size;
  return (
    <div className="flex max-w-2xl flex-col gap-3">
      {problem && <Failure error={problem} retry={() => goOn(id)} />}
      <Progress share={share} label="Sent" />
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="text-ink-soft num" role="status">
          {state === "done" ? "All of it has come." : `${bytes(sent)} of ${bytes(size)} · ${percent(share)}`}
          {state === "paused" && " · paused"}
        </p>
        {state === "sending" && (
          <Button size="sm" icon={<Pause aria-hidden />} onClick={() => pause(id)}>
            Pause
          </Button>
        )}
        {state === "paused" && (
          <Button size="sm" look="primary" icon={<Play aria-hidden />} onClick={() => goOn(id)}>
            Go on
          </Button>
        )}
      </div>
      <p className="text-[0.8125rem] text-ink-faint">
        You can look at other pages meanwhile. If this one is closed, choose the file again and it goes on where it was.
      </p>
    </div>
  );
}

function BrokenOff({ upload }: { upload: UploadOut }) {
  const router = useRouter();
  const may = useMay("jobs");
  const resume = useAction(
    (file: File) =>
      sendFile(file, file.name === upload.filename && file.size === upload.size_bytes ? upload.id : undefined),
    { quiet: true, onDone: (id) => router.replace(stepHref(id, "columns")) },
  );
  return (
    <div className="flex flex-col gap-4">
      <Notice tone="warn" title={`${percent(upload.received_bytes / Math.max(1, upload.size_bytes))} of it has come`}>
        Choose the same file again, and only the rest is sent.
        {upload.expires_at && (
          <>
            {" "}
            It is waited for until <Instant at={upload.expires_at} />.
          </>
        )}
      </Notice>
      {resume.error && <Failure error={resume.error} />}
      <DropZone
        title={`Drop ${upload.filename} here`}
        disabled={!may}
        busy={resume.isPending}
        onFile={(file) => resume.mutate(file)}
      />
    </div>
  );
}
