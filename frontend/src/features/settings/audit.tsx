"use client";

import { Download } from "lucide-react";
import { useRouter, useSearchParams } from "next/navigation";
import { useState } from "react";
import { $api, PAGED, type Schemas, download } from "@/api/client";
import { asProblem } from "@/api/problem";
import { useMay, useMe } from "@/session/me";
import { type Tone, Status } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Field, Select } from "@/ui/field";
import { Section } from "@/ui/page";
import { Empty, Loaded, Notice, SkeletonRows } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { Instant } from "@/ui/time";
import { toast } from "@/ui/toast";
import { deedOf } from "./deeds";

type Outcome = Schemas["EntryOut"]["outcome"];

const OUTCOMES: Record<Outcome, { label: string; tone: Tone }> = {
  done: { label: "Done", tone: "good" },
  refused: { label: "Refused", tone: "warn" },
  failed: { label: "Failed", tone: "bad" },
  unknown: { label: "Not known", tone: "bad" },
};

export function Audit() {
  const known = useMe().data !== undefined;
  const may = useMay("audit");
  if (!known) return <SkeletonRows />;
  if (!may) return <Notice>Owners and admins see who did what.</Notice>;
  return <Entries />;
}

function Entries() {
  const search = useSearchParams();
  const router = useRouter();
  const [saving, setSaving] = useState(false);
  const user = search.get("user") ?? undefined;
  const outcome = (search.get("outcome") as Outcome | null) ?? undefined;
  const members = $api.useQuery("get", "/v1/members", { params: { query: { limit: 200 } } });
  const query = { user_id: user, outcome };
  const entries = $api.useInfiniteQuery("get", "/v1/audit", { params: { query: { ...query, limit: 50 } } }, PAGED);
  const choose = (name: string, value: string) => {
    const next = new URLSearchParams(search);
    if (value) next.set(name, value);
    else next.delete(name);
    router.replace(`/settings/audit?${next}`);
  };
  const save = async () => {
    setSaving(true);
    const asked = new URLSearchParams(Object.entries(query).filter((one): one is [string, string] => Boolean(one[1])));
    await download(`/v1/audit.csv?${asked}`).catch((error: unknown) => toast.problem(asProblem(error)));
    setSaving(false);
  };
  return (
    <Section
      title="Audit log"
      description="Every request that changed something, or tried to. Never what was sent."
      actions={
        <Button icon={<Download aria-hidden />} busy={saving} onClick={() => void save()}>
          CSV
        </Button>
      }
    >
      <div className="mb-4 flex flex-wrap gap-3">
        <Field label="By" className="w-64">
          <Select value={user ?? ""} onChange={(event) => choose("user", event.target.value)}>
            <option value="">Everybody</option>
            {(members.data?.items ?? []).map((member) => (
              <option key={member.user_id} value={member.user_id}>
                {member.email}
              </option>
            ))}
          </Select>
        </Field>
        <Field label="Outcome" className="w-40">
          <Select value={outcome ?? ""} onChange={(event) => choose("outcome", event.target.value)}>
            <option value="">Any</option>
            {Object.entries(OUTCOMES).map(([value, { label }]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </Select>
        </Field>
      </div>
      <Loaded query={entries}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          if (rows.length === 0) return <Empty title="Nothing so far">What somebody changes appears here.</Empty>;
          return (
            <DataTable
              label="Audit log"
              rows={rows}
              id={(entry) => entry.id}
              more={entries}
              columns={[
                { title: "When", cell: (entry) => <Instant at={entry.at} /> },
                { title: "Who", from: "sm", cell: (entry) => (entry.key_id ? `${entry.email} (key)` : entry.email) },
                { title: "What", cell: (entry) => deedOf(entry.operation) },
                {
                  title: "Outcome",
                  cell: (entry) => <Status tone={OUTCOMES[entry.outcome].tone}>{OUTCOMES[entry.outcome].label}</Status>,
                },
                { title: "From", from: "lg", cell: (entry) => <span className="num">{entry.client_address}</span> },
              ]}
            />
          );
        }}
      </Loaded>
    </Section>
  );
}
