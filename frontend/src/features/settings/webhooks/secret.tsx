"use client";

import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { Dialog } from "@/ui/dialog-parts";
import { Notice } from "@/ui/states";

/** What its messages are signed with, shown this once. */
export function Secret({ secret, onClose, note }: { secret: string; onClose: () => void; note?: string }) {
  return (
    <Dialog
      open
      onClose={onClose}
      title="Its secret"
      actions={
        <Button look="primary" onClick={onClose}>
          I have it
        </Button>
      }
    >
      <Notice tone="warn">Copy it now: it is not shown again. By it your server knows that a message is ours.</Notice>
      <div className="mt-3 flex items-center gap-2 rounded-md border bg-sunken px-3 py-2">
        <code data-testid="secret" className="min-w-0 flex-1 font-mono text-[0.8125rem] break-all">
          {secret}
        </code>
        <CopyButton text={secret} label="Copy the secret" />
      </div>
      {note && <p className="mt-3 text-ink-soft">{note}</p>}
    </Dialog>
  );
}
