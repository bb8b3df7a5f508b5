"use client";

import { useQuery } from "@tanstack/react-query";
import { api } from "@/api/client";
import { useMay } from "@/session/me";
import { Badge, Status } from "@/ui/badge";
import { SidePanel } from "@/ui/dialog-parts";
import { Fact, Facts, Section } from "@/ui/page";
import { Loaded } from "@/ui/states";
import { Instant } from "@/ui/time";
import { ChangeMailbox } from "./change-mailbox";
import { Doctor } from "./doctor";
import { type Mailbox, carrier, standing } from "./mailbox";
import { MailboxDeeds } from "./mailbox-deeds";
import { Signing } from "./signing";
import { TestMail } from "./test-mail";

/** One mailbox: how it does, whether it works, what its domain says, and its settings. */
export default function MailboxPanel({ id, onClose }: { id: string; onClose: () => void }) {
  const may = useMay("settings");
  const seen = useQuery({
    queryKey: ["get", "/v1/mailboxes/{mailbox_id}", id],
    queryFn: async () => {
      const path = { mailbox_id: id };
      const { data, response } = await api.GET("/v1/mailboxes/{mailbox_id}", { params: { path } });
      return { mailbox: data!, etag: response.headers.get("ETag") ?? undefined };
    },
  });
  return (
    <SidePanel open onClose={onClose} title={seen.data?.mailbox.address ?? "Mailbox"}>
      <Loaded query={seen}>
        {({ mailbox, etag }) => (
          <>
            <Section title="State" actions={may && !mailbox.shared && <MailboxDeeds one={mailbox} onGone={onClose} />}>
              <State one={mailbox} />
            </Section>
            {may && !mailbox.shared && <TestMail one={mailbox} />}
            {!mailbox.shared && <Doctor one={mailbox} />}
            {!mailbox.shared && <Signing one={mailbox} />}
            {may && !mailbox.shared && <ChangeMailbox one={mailbox} etag={etag} />}
          </>
        )}
      </Loaded>
    </SidePanel>
  );
}

function State({ one }: { one: Mailbox }) {
  const { label, tone } = standing(one);
  return (
    <Facts>
      <Fact name="Now">
        <Status tone={tone}>{label}</Status> {one.sandboxed && <Badge tone="warn">Sandbox</Badge>}
      </Fact>
      {one.paused_detail && <Fact name="Why">{one.paused_detail}</Fact>}
      {one.paused_at && (
        <Fact name="Since">
          <Instant at={one.paused_at} />
        </Fact>
      )}
      {one.trouble && <Fact name="Trouble">{one.trouble}</Fact>}
      {one.rests_until && (
        <Fact name="Tries again">
          <Instant at={one.rests_until} />
        </Fact>
      )}
      <Fact name="Carried by">{carrier(one)}</Fact>
      {one.shared && (
        <Fact name="Whose">The installation’s own: it serves every workspace, and is not changed here.</Fact>
      )}
      {one.hand_over && <Fact name="Schedules">By itself: campaigns are handed over to it.</Fact>}
      {one.ramp && (
        <Fact name="Grows">
          From {one.ramp.start} a day by {one.ramp.step} a day, since {one.ramp.started}
        </Fact>
      )}
    </Facts>
  );
}
