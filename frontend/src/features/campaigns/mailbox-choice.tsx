"use client";

import { $api } from "@/api/client";
import { Badge } from "@/ui/badge";
import { Checkbox } from "@/ui/field";

/** Which mailboxes write. None chosen: the workspace's own, or the one that comes with Corofy where it has none. */
export function MailboxChoice({ value, onChange }: { value: string[]; onChange: (ids: string[]) => void }) {
  const mailboxes = $api.useQuery("get", "/v1/mailboxes", { params: { query: { limit: 100 } } });
  const all = mailboxes.data?.items ?? [];
  const own = all.filter((one) => !one.shared);
  const usual = own.length > 0 ? own : all;
  if (all.length <= 1) {
    const [only] = all;
    return (
      <div>
        <div className="text-sm font-medium">Mailbox</div>
        <div className="mt-1 flex flex-wrap items-center gap-2 text-ink-soft">
          {only ? only.address : mailboxes.data ? "None yet: connect one in Settings, Mailboxes." : "…"}
          {only?.sandboxed && <Badge tone="warn">Sandbox</Badge>}
        </div>
      </div>
    );
  }
  const chosen = value.length > 0 ? value : usual.map((one) => one.id);
  return (
    <fieldset>
      <legend className="mb-1.5 text-sm font-medium">Mailboxes</legend>
      <div className="flex max-h-40 flex-col gap-1.5 overflow-y-auto">
        {all.map((one) => (
          <Checkbox
            key={one.id}
            label={
              <span className="inline-flex flex-wrap items-center gap-2 break-all">
                {one.address}
                {one.sandboxed && <Badge tone="warn">Sandbox</Badge>}
                {one.state === "paused" && <Badge>Paused</Badge>}
              </span>
            }
            checked={chosen.includes(one.id)}
            onChange={(event) => {
              const next = event.target.checked ? [...chosen, one.id] : chosen.filter((id) => id !== one.id);
              if (next.length > 0) onChange(next);
            }}
          />
        ))}
      </div>
      <p className="mt-1 text-[0.8125rem] text-ink-faint">They share the mails of a day.</p>
    </fieldset>
  );
}
