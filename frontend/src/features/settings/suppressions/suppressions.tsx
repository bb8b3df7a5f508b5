"use client";

import { Download, Plus, Upload } from "lucide-react";
import { Suspense, lazy, useState } from "react";
import { $api, PAGED, download } from "@/api/client";
import { asProblem } from "@/api/problem";
import { useDebounced } from "@/lib/use-debounced";
import { useMay, useMe } from "@/session/me";
import { Button } from "@/ui/button";
import { Choices, Field, Input, Select } from "@/ui/field";
import { Section } from "@/ui/page";
import { Empty, Loaded, Notice } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { Tabs } from "@/ui/tabs";
import { Ago } from "@/ui/time";
import { toast } from "@/ui/toast";
import { Changes } from "./changes";
import { Lift } from "./lift";
import { REASONS, type Reason, type Scope, whom } from "./suppression";

const AddSuppression = lazy(() => import("./add-suppression"));
const ImportSuppressions = lazy(() => import("./import-suppressions"));

/** Who is not written to, whatever list brings them. Operators keep the addresses that no workspace writes to, too. */
export function Suppressions() {
  const me = useMe().data;
  const may = useMay("sending");
  const [scope, setScope] = useState<Scope>("workspace");
  const [tab, setTab] = useState<"list" | "changes">("list");
  const [open, setOpen] = useState<"add" | "import" | null>(null);
  const close = () => setOpen(null);
  const save = () =>
    void download(`/v1/suppressions/export?scope=${scope}`).catch((error: unknown) => toast.problem(asProblem(error)));
  return (
    <Section
      title="Do not contact"
      description="Nobody here is written to, whatever list brings them. Who unsubscribes or bounces comes here by itself."
      actions={
        <>
          <Button icon={<Download aria-hidden />} onClick={save}>
            Export
          </Button>
          {may && (
            <>
              <Button icon={<Upload aria-hidden />} onClick={() => setOpen("import")}>
                Import
              </Button>
              <Button look="primary" icon={<Plus aria-hidden />} onClick={() => setOpen("add")}>
                Add
              </Button>
            </>
          )}
        </>
      }
    >
      {!may && <Notice className="mb-4">Members, admins and owners add addresses.</Notice>}
      {me?.operator && (
        <div className="mb-4">
          <Choices
            label="Whose"
            value={scope}
            onChange={setScope}
            options={[
              { value: "workspace", label: "This workspace" },
              { value: "global", label: "All workspaces" },
            ]}
          />
        </div>
      )}
      <Tabs
        label="Addresses and changes"
        value={tab}
        onChange={setTab}
        tabs={[
          { value: "list", label: "Addresses" },
          { value: "changes", label: "Changes" },
        ]}
      />
      {tab === "list" ? <Addresses scope={scope} /> : <Changes scope={scope} />}
      <Suspense>
        {open === "add" && <AddSuppression scope={scope} onClose={close} />}
        {open === "import" && <ImportSuppressions scope={scope} onClose={close} />}
      </Suspense>
    </Section>
  );
}

function Addresses({ scope }: { scope: Scope }) {
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useState<Reason | "">("");
  const containing = useDebounced(typed.trim(), 300);
  const query = {
    limit: 50,
    scope,
    ...(containing ? { containing } : {}),
    ...(reason ? { reason } : {}),
  };
  const found = $api.useInfiniteQuery("get", "/v1/suppressions", { params: { query } }, PAGED);
  return (
    <>
      <div className="mb-4 flex flex-wrap gap-3">
        <Field label="Find" className="w-64">
          <Input
            type="search"
            placeholder="Address or domain"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </Field>
        <Field label="Because" className="w-52">
          <Select value={reason} onChange={(event) => setReason(event.target.value as Reason | "")}>
            <option value="">Any reason</option>
            {Object.entries(REASONS).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </Select>
        </Field>
      </div>
      <Loaded query={found}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          if (rows.length === 0) {
            return containing || reason ? (
              <Empty title="Nobody fits">Take a filter away.</Empty>
            ) : (
              <Empty title="Nobody so far">Who unsubscribes, bounces or complains comes here by itself.</Empty>
            );
          }
          return (
            <DataTable
              label="Suppressed addresses"
              rows={rows}
              id={(one) => one.id}
              more={found}
              columns={[
                { title: "Who", cell: (one) => <span className="font-medium break-all">{whom(one.email)}</span> },
                { title: "Because", from: "sm", cell: (one) => REASONS[one.reason] },
                { title: "Note", from: "lg", cell: (one) => <span className="text-ink-soft">{one.note}</span> },
                { title: "Since", from: "md", cell: (one) => <Ago at={one.created_at} /> },
                { title: "", label: "What can be done", className: "text-right", cell: (one) => <Lift one={one} /> },
              ]}
            />
          );
        }}
      </Loaded>
    </>
  );
}
