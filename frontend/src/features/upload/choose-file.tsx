"use client";

import { ClipboardPaste, Sparkles } from "lucide-react";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { useAction } from "@/api/use-action";
import { useMay } from "@/session/me";
import { Button, ButtonLink } from "@/ui/button";
import { PageHeader, Section } from "@/ui/page";
import { Failure, Notice, Skeleton } from "@/ui/states";
import { DropZone } from "./drop-zone";
import { EarlierFiles } from "./earlier-files";
import { Steps, stepHref } from "./steps";
import { sendFile } from "./transfers";

const PasteRows = dynamic(() => import("./paste-rows").then((m) => m.PasteRows), {
  loading: () => <Skeleton className="h-40" />,
});
const SAMPLE = "/sample-leads.csv";

/** Step 1: a file, rows from the clipboard, or the sample list. */
export function ChooseFile() {
  const router = useRouter();
  const may = useMay("jobs");
  const [pasted, setPasted] = useState<string | null>(null);
  const send = useAction((file: File) => sendFile(file), {
    quiet: true,
    onDone: (id) => router.push(stepHref(id, "columns")),
  });
  const sample = useAction(async () => sendFile(await sampleFile()), {
    quiet: true,
    onDone: (id) => router.push(stepHref(id, "columns")),
  });
  const { mutate } = send;
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      if (!may || (event.target instanceof HTMLElement && event.target.matches("input,textarea"))) return;
      const file = event.clipboardData?.files[0];
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (file) mutate(file);
      else if (/[\t\n]/.test(text)) setPasted(text);
    };
    window.addEventListener("paste", paste);
    return () => window.removeEventListener("paste", paste);
  }, [may, mutate]);

  return (
    <>
      <PageHeader
        title="New job"
        description="Bring a list of people or companies. Every row is researched, and gets an opening line with its sources."
      >
        <Steps now="file" />
      </PageHeader>
      <div className="flex flex-col gap-4 pb-8">
        {!may && (
          <Notice tone="warn">Your role can look at jobs, and not start them. Ask an admin for the member role.</Notice>
        )}
        {send.error && <Failure error={send.error} />}
        {sample.error && <Failure error={sample.error} />}
        {pasted === null ? (
          <>
            <DropZone disabled={!may} busy={send.isPending || sample.isPending} onFile={(file) => mutate(file)} />
            <div className="flex flex-wrap items-center gap-2">
              <Button disabled={!may} icon={<ClipboardPaste aria-hidden />} onClick={() => setPasted("")}>
                Paste rows
              </Button>
              <Button
                disabled={!may}
                busy={sample.isPending}
                icon={<Sparkles aria-hidden />}
                onClick={() => sample.mutate(undefined)}
              >
                Use the sample list
              </Button>
              <ButtonLink href="/source" look="quiet">
                No list yet? Find leads
              </ButtonLink>
            </div>
          </>
        ) : (
          <PasteRows begun={pasted} onLeave={() => setPasted(null)} />
        )}
      </div>
      <Section title="Earlier files">
        <EarlierFiles />
      </Section>
    </>
  );
}

async function sampleFile(): Promise<File> {
  const response = await fetch(SAMPLE);
  return new File([await response.blob()], "Sample leads.csv", { type: "text/csv", lastModified: 0 });
}
