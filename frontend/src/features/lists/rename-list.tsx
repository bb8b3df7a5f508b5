"use client";

import { type KeyboardEvent, useState } from "react";
import { api, type Schemas } from "@/api/client";
import { useAction } from "@/api/use-action";
import { Button } from "@/ui/button";
import { Input } from "@/ui/field";
import { toast } from "@/ui/toast";

const SEEN = [
  ["get", "/v1/lists"],
  ["get", "/v1/lists/{list_id}"],
];

/** Another name for a list, where the name stands; Enter saves, Escape leaves it, and it can be taken back. */
export function RenameList({ list, onClose }: { list: Schemas["ListOut"]; onClose: () => void }) {
  const [typed, setTyped] = useState(list.name);
  const params = { path: { list_id: list.id } };
  const rename = useAction(
    async (name: string) => (await api.PATCH("/v1/lists/{list_id}", { params, body: { name } })).data!,
    { refresh: SEEN },
  );
  const name = typed.trim();
  const save = () => {
    if (name === "" || rename.isPending) return;
    if (name === list.name) return onClose();
    const undo = { act: () => rename.mutate(list.name) };
    rename.mutate(name, {
      onSuccess: () => {
        toast.done("Renamed", { undo });
        onClose();
      },
    });
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "Enter") save();
    if (event.key === "Escape") onClose();
  };
  return (
    <span className="flex flex-wrap items-center gap-2 font-normal">
      <Input
        autoFocus
        aria-label="Name of the list"
        maxLength={200}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onFocus={(event) => event.target.select()}
        onKeyDown={press}
        className="w-80 max-w-full"
      />
      <Button look="primary" busy={rename.isPending} disabled={name === ""} onClick={save}>
        Save
      </Button>
      <Button onClick={onClose}>Cancel</Button>
    </span>
  );
}
