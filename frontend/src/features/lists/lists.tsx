"use client";

import { $api, PAGED, type Schemas } from "@/api/client";
import { count } from "@/lib/format";
import { Badge, Status } from "@/ui/badge";
import { ButtonLink } from "@/ui/button";
import { PageHeader } from "@/ui/page";
import { Empty, Loaded } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { Ago } from "@/ui/time";

type List = Schemas["ListOut"];
const ARRIVING_MS = 5_000;

/** Everybody who can be written to, list by list. */
export function Lists() {
  const lists = $api.useInfiniteQuery(
    "get",
    "/v1/lists",
    { params: { query: {} } },
    {
      ...PAGED,
      refetchInterval: ({ state }) =>
        state.data?.pages.some((page) => page.items.some(isMoving)) ? ARRIVING_MS : false,
    },
  );
  return (
    <>
      <PageHeader
        title="Lists"
        description="The leads you can write to. A finished job becomes a list by itself; a file with addresses can become one at once."
        actions={
          <ButtonLink href="/upload" look="primary">
            Upload a list
          </ButtonLink>
        }
      />
      <Loaded query={lists}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          return rows.length === 0 ? <NoList /> : <Table rows={rows} more={lists} />;
        }}
      </Loaded>
    </>
  );
}

function Table({ rows, more }: { rows: List[]; more: React.ComponentProps<typeof DataTable>["more"] }) {
  return (
    <DataTable
      label="Lists"
      rows={rows}
      id={(list) => list.id}
      href={(list) => `/list?id=${list.id}`}
      more={more}
      columns={[
        {
          title: "Name",
          cell: (list) => (
            <span className="inline-flex flex-wrap items-center gap-2 break-all">
              {list.name}
              {list.sandboxed && <Badge tone="warn">Sandbox</Badge>}
            </span>
          ),
        },
        { title: "State", cell: (list) => <ListState list={list} /> },
        { title: "Can be written to", numeric: true, cell: (list) => count(list.recipients - list.set_aside) },
        { title: "Set aside", numeric: true, from: "sm", cell: (list) => count(list.set_aside) },
        { title: "Made", from: "md", cell: (list) => <Ago at={list.created_at} /> },
      ]}
    />
  );
}

function NoList() {
  return (
    <Empty
      title="No list yet"
      action={
        <ButtonLink href="/upload" look="primary">
          Upload a list
        </ButtonLink>
      }
    >
      Upload a file of leads and have every row researched, or write to its addresses straight away.
    </Empty>
  );
}

function isMoving(list: List): boolean {
  return list.state === "receiving" || list.deleting;
}

export function ListState({ list }: { list: List }) {
  if (list.deleting) return <Status tone="warn">Goes when its campaign ends</Status>;
  if (list.state === "ready") return <Status tone="good">Ready</Status>;
  return (
    <Status tone="accent" live>
      Arriving, {list.parts_received} of {list.parts_expected}
    </Status>
  );
}
