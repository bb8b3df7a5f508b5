"use client";

import { useState } from "react";
import { $api, PAGED } from "@/api/client";
import { useDebounced } from "@/lib/use-debounced";
import { usePeople } from "@/session/people";
import { Status } from "@/ui/badge";
import { Field, Input } from "@/ui/field";
import { Empty, Loaded } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { Instant } from "@/ui/time";
import { REASONS, type Scope, whom } from "./suppression";

/** The history, which is only ever added to. */
export function Changes({ scope }: { scope: Scope }) {
  const who = usePeople();
  const [typed, setTyped] = useState("");
  const email = useDebounced(typed.trim(), 400);
  const query = { limit: 50, scope, ...(email.includes("@") ? { email } : {}) };
  const changes = $api.useInfiniteQuery("get", "/v1/suppressions/changes", { params: { query } }, PAGED);
  return (
    <>
      <Field label="Of one address" className="mb-4 w-64">
        <Input
          type="search"
          placeholder="ann@example.com"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      </Field>
      <Loaded query={changes}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          if (rows.length === 0) return <Empty title="Nothing so far">Every change is kept here.</Empty>;
          return (
            <DataTable
              label="Changes"
              rows={rows}
              id={(one) => String(one.id)}
              more={changes}
              columns={[
                { title: "When", from: "sm", cell: (one) => <Instant at={one.created_at} /> },
                { title: "Who", cell: (one) => <span className="break-all">{whom(one.email)}</span> },
                {
                  title: "What",
                  cell: (one) => (
                    <Status tone={one.change === "lifted" ? "accent" : "neutral"}>
                      {one.change === "lifted" ? "Lifted" : REASONS[one.reason]}
                    </Status>
                  ),
                },
                { title: "By", from: "md", cell: (one) => (one.made_by ? who(one.made_by) : "Corofy") },
                { title: "Note", from: "lg", cell: (one) => <span className="text-ink-soft">{one.note}</span> },
              ]}
            />
          );
        }}
      </Loaded>
    </>
  );
}
