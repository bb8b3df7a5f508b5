"use client";

import { Pencil, Send, Trash2 } from "lucide-react";
import dynamic from "next/dynamic";
import { useSearchParams } from "next/navigation";
import { useRef, useState } from "react";
import { $api, type Schemas } from "@/api/client";
import { count } from "@/lib/format";
import { useIdParam } from "@/lib/use-id-param";
import { useMay } from "@/session/me";
import { Badge } from "@/ui/badge";
import { Button, ButtonLink, IconButton } from "@/ui/button";
import { Figure, Figures, PageHeader, Section } from "@/ui/page";
import { Empty, Loaded } from "@/ui/states";
import { Ago } from "@/ui/time";
import { ListState } from "./lists";
import { Recipients } from "./recipients";
import { RenameList } from "./rename-list";
import { SetAside } from "./set-aside";

const StartSending = dynamic(() => import("@/features/campaigns/start-sending").then((part) => part.StartSending));
const DeleteList = dynamic(() => import("./delete-list").then((part) => part.DeleteList));

const ARRIVING_MS = 5_000;
const BACK = { href: "/lists", label: "Lists" };

/** One list: who can be written to, who cannot and why, and the way to start. */
export function List() {
  const id = useIdParam();
  return id === null ? <Nowhere /> : <OneList id={id} />;
}

function OneList({ id }: { id: string }) {
  const list = $api.useQuery(
    "get",
    "/v1/lists/{list_id}",
    { params: { path: { list_id: id } } },
    { refetchInterval: ({ state }) => (state.data?.state === "receiving" ? ARRIVING_MS : false) },
  );
  return (
    <Loaded query={list} skeleton={<PageHeader title={<span className="text-ink-faint">List</span>} back={BACK} />}>
      {(shown) => <Parts list={shown} />}
    </Loaded>
  );
}

function Parts({ list }: { list: Schemas["ListOut"] }) {
  const asked = useSearchParams().get("start") !== null;
  const [open, setOpen] = useState<"start" | "delete" | "rename" | null>(asked ? "start" : null);
  const pencil = useRef<HTMLButtonElement>(null);
  const may = useMay("sending");
  const writable = list.recipients - list.set_aside;
  const cannot = whyNoStart(list, { may, writable });
  const named = () => {
    setOpen(null);
    pencil.current?.focus();
  };
  return (
    <>
      <PageHeader
        back={BACK}
        title={open === "rename" ? <RenameList list={list} onClose={named} /> : list.name}
        actions={
          <>
            {may && (
              <>
                <IconButton ref={pencil} label="Rename the list" onClick={() => setOpen("rename")}>
                  <Pencil aria-hidden />
                </IconButton>
                <IconButton label="Delete the list" onClick={() => setOpen("delete")}>
                  <Trash2 aria-hidden />
                </IconButton>
              </>
            )}
            <Button
              look="primary"
              icon={<Send aria-hidden />}
              disabled={cannot !== undefined}
              title={cannot}
              onClick={() => setOpen("start")}
            >
              Start sending
            </Button>
          </>
        }
      >
        <div className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1 text-ink-soft">
          <ListState list={list} />
          {list.sandboxed && (
            <Badge tone="warn" title="Rows that the sandbox made up: they reach no real mailbox.">
              Sandbox
            </Badge>
          )}
          <span>
            made <Ago at={list.created_at} />
          </span>
        </div>
      </PageHeader>
      <Figures className="mb-8">
        <Figure name="Can be written to">{count(writable)}</Figure>
        <Figure name="Set aside">{count(list.set_aside)}</Figure>
        <Figure name="Rows">{count(list.recipients)}</Figure>
      </Figures>
      {(list.set_aside > 0 || list.keeps_roles) && <SetAside list={list} />}
      <Section title="Leads">
        <Recipients list={list} />
      </Section>
      {open === "start" && cannot === undefined && <StartSending list={list} onClose={() => setOpen(null)} />}
      {open === "delete" && <DeleteList list={list} onClose={() => setOpen(null)} />}
    </>
  );
}

function whyNoStart(list: Schemas["ListOut"], { may, writable }: { may: boolean; writable: number }) {
  if (!may) return "Viewers cannot send: ask an admin for another role.";
  if (list.deleting) return "The list is being deleted.";
  if (list.state !== "ready") return "The list is still arriving.";
  if (writable === 0) return "Nobody of the list can be written to.";
  return undefined;
}

function Nowhere() {
  return (
    <>
      <PageHeader title="List" back={BACK} />
      <Empty title="There is no such list" action={<ButtonLink href="/lists">See all lists</ButtonLink>}>
        The address names none, or not all of it came along.
      </Empty>
    </>
  );
}
