"use client";

import { Download } from "lucide-react";
import Link from "next/link";
import { useRouter, useSearchParams } from "next/navigation";
import { useState } from "react";
import { $api, PAGED, type Schemas, download } from "@/api/client";
import { asProblem } from "@/api/problem";
import { cx } from "@/lib/cx";
import { count, words } from "@/lib/format";
import { Button } from "@/ui/button";
import { Field, Input, Select } from "@/ui/field";
import { Section } from "@/ui/page";
import { Empty, Loaded } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { Instant } from "@/ui/time";
import { reasonOf } from "./reasons";
import { toast } from "@/ui/toast";

type Item = Schemas["LedgerItemAnswer"];
type Page = Schemas["LedgerAnswer"];

const OPERATIONS = [
  "grant",
  "hold",
  "raise",
  "lower",
  "capture",
  "release",
  "refund",
  "expire",
  "void",
  "adjust",
  "reverse",
];

// The same address also answers as CSV, so that its answers are of no one type.
const PAGES = { ...PAGED, getNextPageParam: (page: unknown) => PAGED.getNextPageParam(page as Page) };

/** Every movement of credits, newest first. */
export function Ledger() {
  const search = useSearchParams();
  const router = useRouter();
  const [saving, setSaving] = useState(false);
  const operation = search.get("operation") ?? "";
  const from = search.get("from") ?? "";
  const query = {
    operation: operation ? ([operation] as never) : undefined,
    from: from ? new Date(from).toISOString() : undefined,
  };
  const ledger = $api.useInfiniteQuery(
    "get",
    "/v1/credits/ledger",
    { params: { query: { ...query, limit: 50 } } },
    PAGES,
  );
  const choose = (name: string, value: string) => {
    const next = new URLSearchParams(search);
    if (value) next.set(name, value);
    else next.delete(name);
    router.replace(`/billing/ledger?${next}`);
  };
  const save = async () => {
    setSaving(true);
    const asked = new URLSearchParams();
    if (operation) asked.set("operation", operation);
    if (query.from) asked.set("from", query.from);
    await download(`/v1/credits/ledger.csv?${asked}`).catch((error: unknown) => toast.problem(asProblem(error)));
    setSaving(false);
  };
  return (
    <Section
      title="Ledger"
      description="Each movement of your credits, with what it was for. Nothing in it is ever changed."
      actions={
        <Button icon={<Download aria-hidden />} busy={saving} onClick={() => void save()}>
          CSV
        </Button>
      }
    >
      <div className="mb-4 flex flex-wrap gap-3">
        <Field label="Kind" className="w-44">
          <Select value={operation} onChange={(event) => choose("operation", event.target.value)}>
            <option value="">All</option>
            {OPERATIONS.map((one) => (
              <option key={one} value={one}>
                {words(one)}
              </option>
            ))}
          </Select>
        </Field>
        <Field label="Since" className="w-44">
          <Input type="date" value={from} onChange={(event) => choose("from", event.target.value)} />
        </Field>
      </div>
      <Loaded query={ledger}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => (page as Page).items);
          if (rows.length === 0) return <Empty title="No movement fits">Choose another kind or an earlier day.</Empty>;
          return (
            <DataTable
              label="Ledger"
              rows={rows}
              id={(item) => item.id}
              more={ledger}
              columns={[
                { title: "When", cell: (item) => <Instant at={item.at} /> },
                { title: "What", cell: (item) => words(item.operation) },
                { title: "For", from: "md", cell: (item) => <Cause item={item} /> },
                { title: "Available", numeric: true, cell: (item) => <Change by={item.changes.available} /> },
                { title: "Held", numeric: true, from: "sm", cell: (item) => <Change by={item.changes.held} /> },
                { title: "Spent", numeric: true, from: "sm", cell: (item) => <Change by={item.changes.spent} /> },
              ]}
            />
          );
        }}
      </Loaded>
    </Section>
  );
}

function Cause({ item }: { item: Item }) {
  if (item.job_id) {
    return (
      <Link href={`/billing/statement?job=${item.job_id}`} className="text-accent-ink hover:underline">
        Job statement
      </Link>
    );
  }
  if (item.sourcing_id) {
    return (
      <Link href={`/sourcing?id=${item.sourcing_id}`} className="text-accent-ink hover:underline">
        Found leads
      </Link>
    );
  }
  return <span className="break-words">{reasonOf(item.reason)}</span>;
}

function Change({ by }: { by: unknown }) {
  const amount = typeof by === "number" ? by : 0;
  if (amount === 0) return <span className="text-ink-faint">–</span>;
  return <span className={cx(amount > 0 && "text-good")}>{amount > 0 ? `+${count(amount)}` : count(amount)}</span>;
}
