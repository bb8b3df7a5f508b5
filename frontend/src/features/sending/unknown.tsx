"use client";

import { useState } from "react";
import { $api, PAGED, type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { plural } from "@/lib/format";
import { useMay } from "@/session/me";
import { Address } from "@/ui/address";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Section } from "@/ui/page";
import { Empty, Loaded } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { Ago } from "@/ui/time";

type Outcome = Schemas["ResolutionIn"]["outcome"];

const REFRESH = [
  ["get", "/v1/emails"],
  ["get", "/v1/campaigns"],
];

/** Mails that may or may not have left: nobody but a person can say, by looking into the mailbox. */
export function UnknownMails() {
  const may = useMay("sending");
  const mails = $api.useInfiniteQuery(
    "get",
    "/v1/emails",
    { params: { query: { state: "unknown", limit: 50 } } },
    PAGED,
  );
  const [asked, setAsked] = useState<Outcome | null>(null);
  return (
    <Section
      title="Did they leave?"
      description="The connection broke while these were handed over. Look into the sent mail of the mailbox, then say so; nothing is sent twice by guessing."
      actions={
        may &&
        (mails.data?.pages[0]?.items.length ?? 0) > 1 && (
          <>
            <Button onClick={() => setAsked("sent")}>All were sent</Button>
            <Button onClick={() => setAsked("send_again")}>Send all again</Button>
          </>
        )
      }
    >
      <Loaded query={mails}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          if (rows.length === 0) return <Empty title="All is known">Every mail either left or did not.</Empty>;
          return (
            <DataTable
              label="Unknown mails"
              rows={rows}
              id={(mail) => mail.id}
              more={mails}
              columns={[
                {
                  title: "To",
                  cell: (mail) => (
                    <span className="font-medium">
                      <Address of={mail.email} />
                    </span>
                  ),
                },
                { title: "Subject", from: "md", cell: (mail) => mail.subject },
                { title: "Handed over", from: "sm", cell: (mail) => mail.sending_at && <Ago at={mail.sending_at} /> },
                { title: "", label: "Decide", className: "text-right", cell: (mail) => may && <Decide mail={mail} /> },
              ]}
            />
          );
        }}
      </Loaded>
      {asked && <AllDialog outcome={asked} onClose={() => setAsked(null)} />}
    </Section>
  );
}

function Decide({ mail }: { mail: Schemas["EmailOut"] }) {
  const decide = useAction(
    async (outcome: Outcome) =>
      (await api.POST("/v1/emails/{email_id}/resolve", { params: { path: { email_id: mail.id } }, body: { outcome } }))
        .data!,
    {
      refresh: REFRESH,
      done: ({ outcome }) => (outcome === "sent" ? "Noted as sent" : "It is sent again in its turn"),
    },
  );
  return (
    <span className="inline-flex gap-1.5">
      <Button size="sm" busy={decide.isPending} onClick={() => decide.mutate("sent")}>
        It was sent
      </Button>
      <Button size="sm" look="quiet" busy={decide.isPending} onClick={() => decide.mutate("send_again")}>
        Send again
      </Button>
    </span>
  );
}

function AllDialog({ outcome, onClose }: { outcome: Outcome; onClose: () => void }) {
  const decide = useAction(
    async (wish: Outcome) => {
      let resolved = 0;
      let cursor: string | null = null;
      // 200 at once; a page of those that could not be decided leads on to the next.
      do {
        const body: Schemas["ResolutionsIn"] = { outcome: wish, cursor };
        const page: Schemas["ResolutionsOut"] = (await api.POST("/v1/emails/resolve", { body })).data!;
        resolved += page.resolved;
        cursor = page.next_cursor;
      } while (cursor !== null);
      return resolved;
    },
    { refresh: REFRESH, done: (resolved) => `Decided about ${plural(resolved, "mail")}`, onDone: onClose },
  );
  const again = outcome === "send_again";
  return (
    <Dialog
      open
      onClose={onClose}
      title={again ? "Send all of them again?" : "All of them were sent?"}
      actions={
        <>
          <Button onClick={onClose}>Decide one by one</Button>
          <Button look={again ? "danger" : "primary"} busy={decide.isPending} onClick={() => decide.mutate(outcome)}>
            {again ? "Send again" : "They were sent"}
          </Button>
        </>
      }
    >
      <p className="text-ink-soft">
        {again
          ? "Whoever got the first one gets it twice. Look into the mailbox's sent mail before."
          : "They count as sent, and their leads go on to the next step."}
      </p>
    </Dialog>
  );
}
