"use client";

import { useState } from "react";
import { $api, PAGED, type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { plural, words } from "@/lib/format";
import { useMay } from "@/session/me";
import { Button } from "@/ui/button";
import { Section } from "@/ui/page";
import { Empty, Loaded, SkeletonRows } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { Ago } from "@/ui/time";
import { LetterPanel } from "./letter-panel";

const REFRESH = [
  ["get", "/v1/dead-letters"],
  ["get", "/v1/dead-letters/causes"],
  ["get", "/v1/campaigns"],
];
type Choice = Schemas["DeadLetterChoice"];

/** Mails that could not be sent, by cause with what helps, and each of them. */
export function DeadLetters() {
  const causes = $api.useQuery("get", "/v1/dead-letters/causes");
  const letters = $api.useInfiniteQuery(
    "get",
    "/v1/dead-letters",
    { params: { query: { state: "open", limit: 50 } } },
    PAGED,
  );
  const [opened, setOpened] = useState<string | null>(null);
  return (
    <>
      <Loaded query={causes} skeleton={<SkeletonRows rows={2} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nothing got stuck">
              A mail that cannot be sent waits here, with its reason and what helps.
            </Empty>
          ) : (
            <Section title="By cause">
              <ul>
                {items.map((group) => (
                  <Cause key={group.cause} group={group} />
                ))}
              </ul>
            </Section>
          )
        }
      </Loaded>
      <Loaded query={letters} skeleton={<span />}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          if (rows.length === 0) return null;
          return (
            <Section title="One by one">
              <DataTable
                label="Mails that were not sent"
                rows={rows}
                id={(letter) => letter.email_id}
                onOpen={(letter) => setOpened(letter.email_id)}
                more={letters}
                columns={[
                  { title: "To", cell: (letter) => <span className="font-medium break-all">{letter.email}</span> },
                  { title: "Why", cell: (letter) => letter.detail || words(letter.cause) },
                  { title: "Campaign", from: "md", cell: (letter) => letter.campaign_name },
                  { title: "Since", from: "sm", cell: (letter) => <Ago at={letter.opened_at} /> },
                ]}
              />
            </Section>
          );
        }}
      </Loaded>
      {opened && <LetterPanel emailId={opened} onClose={() => setOpened(null)} />}
    </>
  );
}

function Cause({ group }: { group: Schemas["DeadLetterGroup"] }) {
  const may = useMay("sending");
  const { replay, discard } = useDeeds();
  const choice: Choice = { cause: group.cause };
  return (
    <li className="flex flex-wrap items-start gap-x-6 gap-y-2 border-b py-3 last:border-b-0">
      <div className="min-w-0 flex-1 basis-72">
        <p className="font-medium">
          {words(group.cause)} <span className="font-normal text-ink-faint num">({plural(group.count, "mail")})</span>
        </p>
        <p className="text-ink-soft">{group.what_to_do}</p>
      </div>
      {may && (
        <span className="inline-flex gap-1.5">
          <Button size="sm" busy={replay.isPending} onClick={() => replay.mutate(choice)}>
            Send again
          </Button>
          <Button size="sm" look="quiet" busy={discard.isPending} onClick={() => discard.mutate(choice)}>
            Let them be
          </Button>
        </span>
      )}
    </li>
  );
}

/** Sends the chosen ones again, or lets them be; both go on until all are through, 500 at once. */
export function useDeeds(onDone?: () => void) {
  const replay = useAction(
    async (choice: Choice) => {
      const sum = { replayed: 0, kept: 0 };
      let cursor: string | null = null;
      do {
        const page: Schemas["ReplayedOut"] = (
          await api.POST("/v1/dead-letters/replay", { body: { ...choice, cursor } })
        ).data!;
        sum.replayed += page.replayed;
        sum.kept += Object.values(page.kept).reduce<number>((all, one) => all + Number(one), 0);
        cursor = page.next_cursor;
      } while (cursor !== null);
      return sum;
    },
    {
      refresh: REFRESH,
      onDone,
      done: ({ replayed, kept }) =>
        `${plural(replayed, "mail")} will be sent again${kept ? `; ${plural(kept, "one")} cannot be` : ""}`,
    },
  );
  const discard = useAction(
    async (choice: Choice) => {
      let discarded = 0;
      let more = true;
      while (more) {
        const page: Schemas["DiscardedOut"] = (await api.POST("/v1/dead-letters/discard", { body: choice })).data!;
        discarded += page.discarded;
        more = page.more && page.discarded > 0;
      }
      return discarded;
    },
    { refresh: REFRESH, onDone, done: (discarded) => `${plural(discarded, "mail")} will not be sent` },
  );
  return { replay, discard };
}
