"use client";

import { MoreHorizontal, UserPlus } from "lucide-react";
import { useState } from "react";
import { $api, type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { capitalised } from "@/lib/sentences";
import { type Role, useMay, useMe } from "@/session/me";
import { chooseWorkspace } from "@/session/workspace";
import { Address } from "@/ui/address";
import { Button, IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Select } from "@/ui/field";
import { Menu, MenuItem } from "@/ui/menu";
import { Section } from "@/ui/page";
import { Loaded } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { Ago } from "@/ui/time";
import { Invitations } from "./invitations";
import { InviteDialog } from "./invite-dialog";
import { ROLES } from "./roles";

type Member = Schemas["MemberOut"];

const REFRESH = [
  ["get", "/v1/members"],
  ["get", "/v1/me"],
];

export function Members() {
  const members = $api.useQuery("get", "/v1/members", { params: { query: { limit: 200 } } });
  const may = useMay("members");
  const [inviting, setInviting] = useState(false);
  return (
    <>
      <Section
        title="Members"
        description={Object.values(ROLES).join(". ") + "."}
        actions={
          may && (
            <Button look="primary" icon={<UserPlus aria-hidden />} onClick={() => setInviting(true)}>
              Invite
            </Button>
          )
        }
      >
        <Loaded query={members}>
          {({ items }) => (
            <DataTable
              label="Members"
              rows={items}
              id={(member) => member.user_id}
              columns={[
                { title: "Email", cell: (member) => <Address of={member.email} /> },
                { title: "Role", cell: (member) => <RoleOf member={member} /> },
                { title: "Joined", from: "md", cell: (member) => <Ago at={member.joined_at} /> },
                {
                  title: "",
                  label: "What can be done",
                  className: "w-10 text-right",
                  cell: (member) => <Deeds member={member} />,
                },
              ]}
            />
          )}
        </Loaded>
      </Section>
      {may && <Invitations />}
      <InviteDialog open={inviting} onClose={() => setInviting(false)} />
    </>
  );
}

function RoleOf({ member }: { member: Member }) {
  const me = useMe();
  const mayMake = useMay("members");
  const isOwner = me.data?.role === "owner";
  const change = useAction(
    async (role: Role) =>
      (await api.PATCH("/v1/members/{user_id}", { params: { path: { user_id: member.user_id } }, body: { role } }))
        .data!,
    { refresh: REFRESH, done: (changed) => `${changed.email} is ${changed.role} now` },
  );
  if (!mayMake || (member.role === "owner" && !isOwner)) return <span className="capitalize">{member.role}</span>;
  return (
    <Select
      aria-label={`Role of ${member.email}`}
      className="h-7.5 max-w-72 min-w-28"
      value={member.role}
      disabled={change.isPending}
      onChange={(event) => change.mutate(event.target.value as Role)}
    >
      {(Object.keys(ROLES) as Role[])
        .filter((role) => role !== "owner" || isOwner)
        .map((role) => (
          <option key={role} value={role}>
            {capitalised(role)}
          </option>
        ))}
    </Select>
  );
}

function Deeds({ member }: { member: Member }) {
  const me = useMe();
  const may = useMay("members");
  const owns = useMay("ownership");
  const [asked, setAsked] = useState<"remove" | "leave" | "hand-over" | null>(null);
  const path = { params: { path: { user_id: member.user_id } } };
  const remove = useAction(async () => void (await api.DELETE("/v1/members/{user_id}", path)), {
    refresh: REFRESH,
    done: `${member.email} is no member any more`,
    onDone: () => setAsked(null),
  });
  const leave = useAction(async () => void (await api.DELETE("/v1/workspace/membership")), {
    onDone: () => chooseWorkspace(null),
  });
  const handOver = useAction(
    async () => void (await api.PUT("/v1/workspace/owner", { body: { user_id: member.user_id } })),
    {
      refresh: REFRESH,
      done: `${member.email} owns the workspace`,
      onDone: () => setAsked(null),
    },
  );
  const isMe = me.data?.user_id === member.user_id;
  if (!isMe && !may) return null;
  const said = {
    remove: {
      title: `Remove ${member.email}?`,
      text: "Their next request is refused, and their API keys of this workspace stop for good. What they made stays.",
      verb: "Remove",
      act: () => remove.mutate(undefined),
    },
    leave: {
      title: "Leave this workspace?",
      text: "Somebody who is in it has to invite you again. Your API keys of it stop for good.",
      verb: "Leave",
      act: () => leave.mutate(undefined),
    },
    "hand-over": {
      title: `Hand the workspace over to ${member.email}?`,
      text: "They own it from now on, and you are an admin.",
      verb: "Hand over",
      act: () => handOver.mutate(undefined),
    },
  };
  const question = asked ? said[asked] : null;
  return (
    <>
      <Menu
        trigger={
          <IconButton label={`More for ${member.email}`}>
            <MoreHorizontal aria-hidden />
          </IconButton>
        }
      >
        {isMe && <MenuItem onClick={() => setAsked("leave")}>Leave the workspace</MenuItem>}
        {!isMe && owns && <MenuItem onClick={() => setAsked("hand-over")}>Make owner in your place</MenuItem>}
        {!isMe && (
          <MenuItem danger onClick={() => setAsked("remove")}>
            Remove
          </MenuItem>
        )}
      </Menu>
      <Dialog
        open={question !== null}
        onClose={() => setAsked(null)}
        title={question?.title}
        actions={
          <>
            <Button onClick={() => setAsked(null)}>Keep as it is</Button>
            <Button
              look="danger"
              busy={remove.isPending || leave.isPending || handOver.isPending}
              onClick={() => question?.act()}
            >
              {question?.verb}
            </Button>
          </>
        }
      >
        <p className="text-ink-soft">{question?.text}</p>
      </Dialog>
    </>
  );
}
