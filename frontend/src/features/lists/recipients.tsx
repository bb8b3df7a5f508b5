"use client";

import { useState } from "react";
import { $api, PAGED, type Schemas } from "@/api/client";
import { count } from "@/lib/format";
import { Address } from "@/ui/address";
import { Status } from "@/ui/badge";
import { Select } from "@/ui/field";
import { Fact, Facts } from "@/ui/page";
import { Empty, Loaded } from "@/ui/states";
import { SidePanel } from "@/ui/dialog";
import { DataTable } from "@/ui/table";
import { REASONS, type Reason, isReason } from "./set-aside-words";

type Recipient = Schemas["RecipientOut"];
type Shown = Reason | "any" | "";

/** The rows of a list, all of them or those that are set aside. */
export function Recipients({ list }: { list: Schemas["ListOut"] }) {
  const [shown, setShown] = useState<Shown>("");
  const [open, setOpen] = useState<Recipient | null>(null);
  const query = shown === "" ? {} : { set_aside: shown };
  const rows = $api.useInfiniteQuery(
    "get",
    "/v1/lists/{list_id}/recipients",
    { params: { path: { list_id: list.id }, query } },
    PAGED,
  );
  return (
    <>
      {list.set_aside > 0 && <Filter list={list} value={shown} onChange={setShown} />}
      <Loaded query={rows}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          if (items.length === 0) return <Empty title="No row here">Rows appear here as they arrive.</Empty>;
          return (
            <DataTable
              label="Leads"
              rows={items}
              id={(row) => String(row.row_no)}
              onOpen={setOpen}
              selected={(row) => row.row_no === open?.row_no}
              more={rows}
              columns={[
                { title: "Row", numeric: true, from: "sm", className: "w-14", cell: (row) => row.row_no },
                { title: "Email", cell: (row) => <Address of={row.email} /> },
                { title: "Name", from: "sm", cell: nameOf },
                { title: "Company", from: "md", cell: (row) => row.values.company ?? "" },
                { title: "Written to", cell: (row) => <Standing row={row} /> },
              ]}
            />
          );
        }}
      </Loaded>
      <SidePanel
        open={open !== null}
        onClose={() => setOpen(null)}
        title={open ? nameOf(open) || open.email : ""}
        description={open ? `Row ${open.row_no}` : undefined}
      >
        {open && <Details row={open} />}
      </SidePanel>
    </>
  );
}

function Filter({
  list,
  value,
  onChange,
}: {
  list: Schemas["ListOut"];
  value: Shown;
  onChange: (value: Shown) => void;
}) {
  return (
    <Select
      aria-label="Which rows"
      className="mb-3 w-auto"
      value={value}
      onChange={(event) => onChange(event.target.value as Shown)}
    >
      <option value="">All rows ({count(list.recipients)})</option>
      <option value="any">All set aside ({count(list.set_aside)})</option>
      {Object.entries(list.set_aside_reasons).map(
        ([code, rows]) =>
          isReason(code) && (
            <option key={code} value={code}>
              {REASONS[code].label} ({count(rows ?? 0)})
            </option>
          ),
      )}
    </Select>
  );
}

export function nameOf({ values }: Pick<Recipient, "values">): string {
  return [values.first_name, values.last_name].filter(Boolean).join(" ");
}

function Standing({ row }: { row: Recipient }) {
  if (row.set_aside === null) return <Status tone="good">Yes</Status>;
  return (
    <span title={row.detail ?? REASONS[row.set_aside].means}>
      <Status tone="neutral">{REASONS[row.set_aside].label}</Status>
    </span>
  );
}

function Details({ row }: { row: Recipient }) {
  return (
    <div className="flex flex-col gap-5">
      <Facts>
        <Fact name="Email">{row.email}</Fact>
        <Fact name="Written to">
          <Standing row={row} />
        </Fact>
        {row.set_aside && <Fact name="Why not">{row.detail ?? REASONS[row.set_aside].means}</Fact>}
        {row.duplicate_of !== null && <Fact name="Same as">Row {row.duplicate_of}</Fact>}
      </Facts>
      <Values title="What templates can use" values={row.values} />
      <Values title="Other columns of the sheet" values={row.fields} />
    </div>
  );
}

function Values({ title, values }: { title: string; values: Record<string, string> }) {
  const told = Object.entries(values).filter(([, value]) => value !== "");
  if (told.length === 0) return null;
  return (
    <section>
      <h3 className="mb-2 text-[0.8125rem] font-medium text-ink-faint">{title}</h3>
      <Facts>
        {told.map(([name, value]) => (
          <Fact key={name} name={name}>
            <span className="whitespace-pre-wrap">{value}</span>
          </Fact>
        ))}
      </Facts>
    </section>
  );
}
