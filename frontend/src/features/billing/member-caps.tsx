"use client";

import { useState } from "react";
import { $api, PAGED, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { count } from "@/lib/format";
import { Button } from "@/ui/button";
import { Field, Input, Select } from "@/ui/field";
import { Loaded, Notice } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { whole } from "./whole";

const REFRESH = [["get", "/v1/billing/caps/members"]];

/** The members whose cap is their own, and a line to give somebody one. */
export function MemberCaps() {
  const members = $api.useQuery("get", "/v1/members", { params: { query: { limit: 200 } } });
  const caps = $api.useInfiniteQuery("get", "/v1/billing/caps/members", { params: { query: { limit: 50 } } }, PAGED);
  const emails = new Map((members.data?.items ?? []).map((member) => [member.user_id, member.email]));
  return (
    <Loaded query={caps}>
      {({ pages }) => {
        const rows = pages.flatMap((page) => page.items);
        return (
          <>
            {rows.length > 0 && (
              <DataTable
                label="Caps of members"
                rows={rows}
                id={(one) => one.user_id}
                more={caps}
                columns={[
                  { title: "Member", cell: (one) => emails.get(one.user_id) ?? "somebody who left" },
                  {
                    title: "A month",
                    numeric: true,
                    cell: (one) => (one.per_month === null ? "no cap" : count(one.per_month)),
                  },
                  { title: "Spent", numeric: true, cell: (one) => count(one.spent_this_month) },
                  {
                    title: "",
                    label: "What can be done",
                    className: "text-right",
                    cell: (one) => <Remove user={one.user_id} />,
                  },
                ]}
              />
            )}
            <Give emails={emails} />
          </>
        );
      }}
    </Loaded>
  );
}

function Remove({ user }: { user: string }) {
  const remove = useAction(
    async () => void (await api.DELETE("/v1/billing/caps/members/{user_id}", { params: { path: { user_id: user } } })),
    { refresh: REFRESH, done: "The cap for each member holds again" },
  );
  return (
    <Button size="sm" look="quiet" busy={remove.isPending} onClick={() => remove.mutate(undefined)}>
      Take away
    </Button>
  );
}

function Give({ emails }: { emails: Map<string, string> }) {
  const [user, setUser] = useState("");
  const [cap, setCap] = useState("");
  const give = useAction(
    async (wish: { user: string; per_month: number | null }) =>
      (
        await api.PUT("/v1/billing/caps/members/{user_id}", {
          params: { path: { user_id: wish.user } },
          body: { per_month: wish.per_month },
        })
      ).data!,
    { refresh: REFRESH, done: "Saved", quiet: true, onDone: () => setCap("") },
  );
  return (
    <form
      className="mt-3 flex flex-wrap items-start gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        give.mutate({ user, per_month: whole(cap) });
      }}
    >
      {give.error && (
        <Notice tone="bad" className="w-full">
          {give.error.message}
        </Notice>
      )}
      <Field label="Member" className="w-64">
        <Select required value={user} onChange={(event) => setUser(event.target.value)}>
          <option value="">Choose</option>
          {[...emails].map(([id, email]) => (
            <option key={id} value={id}>
              {email}
            </option>
          ))}
        </Select>
      </Field>
      <Field label="Credits a month" className="w-44">
        <Input
          type="number"
          min={0}
          step={1}
          placeholder="no cap"
          value={cap}
          onChange={(event) => setCap(event.target.value)}
        />
      </Field>
      <Button type="submit" className="mt-7" busy={give.isPending}>
        Give a cap
      </Button>
    </form>
  );
}
