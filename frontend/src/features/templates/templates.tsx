"use client";

import { $api, PAGED } from "@/api/client";
import { plural } from "@/lib/format";
import { useMay } from "@/session/me";
import { Badge, Status } from "@/ui/badge";
import { Button, ButtonLink } from "@/ui/button";
import { PageHeader } from "@/ui/page";
import { Empty, Loaded } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { Ago } from "@/ui/time";

/** The mails that campaigns are made of. */
export function Templates() {
  const may = useMay("sending");
  const templates = $api.useInfiniteQuery("get", "/v1/templates", { params: { query: {} } }, PAGED);
  return (
    <>
      <PageHeader
        title="Templates"
        description="What a mail says, with places for what is known of each lead."
        actions={
          may ? (
            <ButtonLink href="/template" look="primary">
              New template
            </ButtonLink>
          ) : (
            <Button look="primary" disabled title="Viewers cannot write templates: ask an admin for another role.">
              New template
            </Button>
          )
        }
      />
      <Loaded query={templates}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          if (rows.length === 0) return <Empty title="No template yet">Write the first one.</Empty>;
          return (
            <DataTable
              label="Templates"
              rows={rows}
              id={(one) => one.id}
              href={(one) => `/template?id=${one.id}`}
              more={templates}
              columns={[
                {
                  title: "Name",
                  cell: (one) => (
                    <span className="inline-flex flex-wrap items-center gap-2">
                      {one.name}
                      {one.is_default && (
                        <Badge title="Campaigns take it unless they are told another.">Usual one</Badge>
                      )}
                    </span>
                  ),
                },
                {
                  title: "Subject",
                  from: "md",
                  className: "max-w-72 truncate text-ink-soft",
                  cell: (one) => <span title={one.subject}>{one.subject}</span>,
                },
                {
                  title: "State",
                  cell: (one) =>
                    one.problems.length === 0 ? (
                      <Status tone="good">Ready</Status>
                    ) : (
                      <span title={one.problems.map(({ detail }) => detail).join("\n")}>
                        <Status tone="warn">{plural(one.problems.length, "thing")} to mend</Status>
                      </span>
                    ),
                },
                { title: "Version", numeric: true, from: "sm", cell: (one) => one.version },
                { title: "Changed", from: "md", cell: (one) => <Ago at={one.created_at} /> },
              ]}
            />
          );
        }}
      </Loaded>
    </>
  );
}
