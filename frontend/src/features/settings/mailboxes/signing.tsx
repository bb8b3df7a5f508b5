"use client";

import { api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { useMay } from "@/session/me";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { Section } from "@/ui/page";
import { MAILBOX_KEYS, type Mailbox } from "./mailbox";

/** DKIM keys for a mail server of one's own, and the records that make them count. */
export function Signing({ one }: { one: Mailbox }) {
  const may = useMay("settings");
  const signed = one.dkim_records.length > 0;
  const sign = useAction(
    async (anew: boolean) =>
      (
        await api.POST("/v1/mailboxes/{mailbox_id}/dkim", {
          params: { path: { mailbox_id: one.id }, query: { anew } },
        })
      ).data!,
    { refresh: MAILBOX_KEYS, done: "The keys are made. Publish the records." },
  );
  const signsItself = one.server?.signs_in_with === "google" || one.server?.signs_in_with === "microsoft";
  if (one.provider !== "smtp" || signsItself) return null;
  if (!signed && !may) return null;
  return (
    <Section
      title="Signature"
      description="Google and Microsoft sign by themselves. For a mail server of your own, Corofy signs (DKIM)."
      actions={
        may && (
          <Button size="sm" busy={sign.isPending} onClick={() => sign.mutate(signed)}>
            {signed ? "Make other keys" : "Sign its mail"}
          </Button>
        )
      }
    >
      {signed && (
        <>
          <p className="mb-3 text-ink-soft">Publish these TXT records where your domain’s DNS is kept:</p>
          {one.dkim_records.map((record) => (
            <div key={record.name} className="mb-3 rounded-md border bg-sunken px-3 py-2">
              <div className="flex items-center justify-between gap-2">
                <code className="min-w-0 font-mono text-[0.8125rem] break-all">{record.name}</code>
                <CopyButton text={record.name} label="Copy the name" />
              </div>
              <div className="flex items-center justify-between gap-2 border-t">
                <code className="min-w-0 py-1 font-mono text-xs break-all text-ink-soft">{record.value}</code>
                <CopyButton text={record.value} label="Copy the value" />
              </div>
            </div>
          ))}
        </>
      )}
    </Section>
  );
}
