"use client";

import { $api, PAGED, type Schemas } from "@/api/client";
import { count, day } from "@/lib/format";
import { Loaded } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { Ago } from "@/ui/time";
import { reasonOf } from "./reasons";

const KINDS: Record<Schemas["GrantItemAnswer"]["kind"], string> = {
  plan: "Plan",
  purchased: "Bought",
  promotional: "Gift",
  adjustment: "Adjustment",
};

export function Grants() {
  const grants = $api.useInfiniteQuery(
    "get",
    "/v1/credits/grants",
    { params: { query: { open: true, limit: 20 } } },
    PAGED,
  );
  return (
    <Loaded query={grants}>
      {({ pages }) => {
        const rows = pages.flatMap((page) => page.items);
        if (rows.length === 0) return <p className="text-ink-faint">There are none at the moment.</p>;
        return (
          <DataTable
            label="Grants"
            rows={rows}
            id={(grant) => grant.id}
            more={grants}
            columns={[
              { title: "Kind", cell: (grant) => KINDS[grant.kind] },
              { title: "For", from: "md", cell: (grant) => reasonOf(grant.reason) },
              { title: "Given", from: "lg", cell: (grant) => <Ago at={grant.created_at} /> },
              { title: "Of", numeric: true, from: "sm", cell: (grant) => count(grant.credits) },
              { title: "Available", numeric: true, cell: (grant) => count(grant.available) },
              {
                title: "Expire",
                cell: (grant) => (grant.expires_at ? day(new Date(grant.expires_at)) : "Never"),
              },
            ]}
          />
        );
      }}
    </Loaded>
  );
}
