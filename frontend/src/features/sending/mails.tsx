"use client";

import { useRouter, useSearchParams } from "next/navigation";
import { $api, PAGED } from "@/api/client";
import { Address } from "@/ui/address";
import { Status } from "@/ui/badge";
import { Field, Select } from "@/ui/field";
import { Section } from "@/ui/page";
import { Empty, Loaded } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { Ago, Instant } from "@/ui/time";
import { MAIL_STATES, type MailState } from "./mail-states";

/** Every mail of the workspace, newest first. */
export function Mails() {
  const search = useSearchParams();
  const router = useRouter();
  const asked = search.get("state");
  const state = asked !== null && asked in MAIL_STATES ? (asked as MailState) : undefined;
  const mails = $api.useInfiniteQuery("get", "/v1/emails", { params: { query: { state, limit: 50 } } }, PAGED);
  return (
    <Section
      title="Mails"
      actions={
        <Field label="State" className="w-44">
          <Select
            value={state ?? ""}
            onChange={(event) =>
              router.replace(event.target.value ? `/sending?state=${event.target.value}` : "/sending", {
                scroll: false,
              })
            }
          >
            <option value="">All</option>
            {Object.entries(MAIL_STATES).map(([value, { label }]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </Select>
        </Field>
      }
    >
      <Loaded query={mails}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          if (rows.length === 0)
            return <Empty title="No mail here">Start a campaign; its mails appear as they are planned.</Empty>;
          return (
            <DataTable
              label="Mails"
              rows={rows}
              id={(mail) => mail.id}
              href={(mail) => `/campaign?id=${mail.campaign_id}`}
              more={mails}
              columns={[
                { title: "To", cell: (mail) => <Address of={mail.email} /> },
                { title: "Subject", from: "md", cell: (mail) => mail.subject ?? "written when it leaves" },
                {
                  title: "State",
                  cell: (mail) => {
                    const { label, tone, live } = MAIL_STATES[mail.state];
                    return (
                      <Status tone={tone} live={live}>
                        {label}
                      </Status>
                    );
                  },
                },
                {
                  title: "When",
                  from: "sm",
                  cell: (mail) =>
                    mail.ended_at ? (
                      <Ago at={mail.ended_at} />
                    ) : mail.planned_for ? (
                      <Instant at={mail.planned_for} />
                    ) : (
                      <Ago at={mail.created_at} />
                    ),
                },
              ]}
            />
          );
        }}
      </Loaded>
    </Section>
  );
}
