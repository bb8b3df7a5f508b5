"use client";

import { useState } from "react";
import { $api, PAGED, type Schemas } from "@/api/client";
import { plural, words } from "@/lib/format";
import { useMay } from "@/session/me";
import { Address } from "@/ui/address";
import { Button } from "@/ui/button";
import { Section } from "@/ui/page";
import { Empty, Loaded, SkeletonRows } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { Ago } from "@/ui/time";
import { LetterPanel } from "./letter-panel";
import { useDeeds } from "./use-deeds";

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
                  {
                    title: "To",
                    cell: (letter) => (
                      <span className="font-medium">
                        <Address of={letter.email} />
                      </span>
                    ),
                  },
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
  const choice: Schemas["DeadLetterChoice"] = { cause: group.cause };
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
