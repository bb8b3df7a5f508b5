"use client";

import { $api, PAGED, type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { Address } from "@/ui/address";
import { type Tone, Status } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Section } from "@/ui/page";
import { Loaded } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { Ago } from "@/ui/time";

const REFRESH = [["get", "/v1/invitations"]];
const STATES: Record<Schemas["InvitationOut"]["state"], { label: string; tone: Tone }> = {
  open: { label: "Waits for an answer", tone: "accent" },
  expired: { label: "Too old", tone: "warn" },
  revoked: { label: "Revoked", tone: "neutral" },
  accepted: { label: "Accepted", tone: "good" },
};

export function Invitations() {
  const invitations = $api.useInfiniteQuery("get", "/v1/invitations", { params: { query: { limit: 50 } } }, PAGED);
  return (
    <Section title="Invitations">
      <Loaded query={invitations}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          if (rows.length === 0) return <p className="text-ink-faint">Nobody is invited at the moment.</p>;
          return (
            <DataTable
              label="Invitations"
              rows={rows}
              id={(one) => one.id}
              more={invitations}
              columns={[
                { title: "Email", className: "min-w-36", cell: (one) => <Address of={one.email} /> },
                { title: "Role", from: "sm", cell: (one) => <span className="capitalize">{one.role}</span> },
                {
                  title: "State",
                  cell: (one) => <Status tone={STATES[one.state].tone}>{STATES[one.state].label}</Status>,
                },
                { title: "Mailed", from: "md", cell: (one) => <Ago at={one.mailed_at} /> },
                { title: "", label: "What can be done", className: "text-right", cell: (one) => <Deeds one={one} /> },
              ]}
            />
          );
        }}
      </Loaded>
    </Section>
  );
}

function Deeds({ one }: { one: Schemas["InvitationOut"] }) {
  const path = { params: { path: { invitation_id: one.id } } };
  const resend = useAction(async () => (await api.POST("/v1/invitations/{invitation_id}/resend", path)).data!, {
    refresh: REFRESH,
    done: `Another link is on its way to ${one.email}`,
  });
  const revoke = useAction(async () => void (await api.DELETE("/v1/invitations/{invitation_id}", path)), {
    refresh: REFRESH,
    done: "Its link serves no more",
  });
  if (one.state === "accepted" || one.state === "revoked") return null;
  return (
    <span className="inline-flex gap-1.5 max-sm:flex-col max-sm:items-end">
      <Button size="sm" look="quiet" busy={resend.isPending} onClick={() => resend.mutate(undefined)}>
        Send again
      </Button>
      <Button size="sm" look="quiet" busy={revoke.isPending} onClick={() => revoke.mutate(undefined)}>
        Revoke
      </Button>
    </span>
  );
}
