"use client";

import { $api, PAGED } from "@/api/client";
import { count } from "@/lib/format";
import { Badge, Status } from "@/ui/badge";
import { Loaded } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { Ago } from "@/ui/time";
import { stateOf } from "./states";

/** What was searched for and bought before. */
export function Bought() {
  const sourcings = $api.useInfiniteQuery("get", "/v1/sourcings", { params: { query: { limit: 20 } } }, PAGED);
  return (
    <Loaded query={sourcings}>
      {({ pages }) => {
        const items = pages.flatMap((page) => page.items);
        if (items.length === 0) return <p className="text-ink-faint">None yet. The leads you get are listed here.</p>;
        return (
          <DataTable
            label="Earlier searches"
            rows={items}
            id={(one) => one.id}
            href={(one) => `/sourcing?id=${one.id}`}
            more={sourcings}
            columns={[
              {
                title: "Name",
                className: "max-w-0 w-full",
                cell: (one) => (
                  <span className="flex items-center gap-2">
                    <span className="truncate">{one.name}</span>
                    {one.sandboxed && <Badge tone="warn">Sandbox</Badge>}
                  </span>
                ),
              },
              {
                title: "State",
                cell: (one) => {
                  const { label, tone, live } = stateOf(one.state);
                  return (
                    <Status tone={tone} live={live}>
                      {label}
                    </Status>
                  );
                },
              },
              { title: "Leads", numeric: true, cell: (one) => count(one.leads) },
              { title: "Wanted", numeric: true, from: "md", cell: (one) => count(one.count) },
              { title: "Credits", numeric: true, from: "md", cell: (one) => count(one.credits_total) },
              { title: "Started", from: "md", cell: (one) => <Ago at={one.created_at} /> },
            ]}
          />
        );
      }}
    </Loaded>
  );
}
