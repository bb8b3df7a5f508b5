"use client";

import { Braces, GitBranch, Shuffle } from "lucide-react";
import { Button } from "@/ui/button";
import { Menu, MenuItem, MenuTitle } from "@/ui/menu";
import { words } from "@/lib/format";
import { placeFor } from "./words";

/** Known before any list is: the fields that every mail has. */
const USUAL = ["first_name", "last_name", "company", "title", "city", "country", "email", "line"];
const SENDER = ["sender_name", "postal_address", "unsubscribe_url"];

/** Puts fields, alternatives and conditions where the cursor was, so that nobody has to know how they are written. */
export function InsertBar({ fields, onInsert }: { fields: readonly string[]; onInsert: (piece: string) => void }) {
  const others = fields.filter((field) => !USUAL.includes(field) && !SENDER.includes(field));
  return (
    <div className="flex flex-wrap gap-2" role="group" aria-label="Insert">
      <Menu
        align="start"
        trigger={
          <Button size="sm" icon={<Braces aria-hidden />}>
            Insert a field
          </Button>
        }
      >
        <Group title="Of the lead" fields={USUAL} onInsert={onInsert} />
        {others.length > 0 && <Group title="Other fields and columns" fields={others} onInsert={onInsert} />}
        <Group title="Of the sender" fields={SENDER} onInsert={onInsert} />
      </Menu>
      <Button
        size="sm"
        icon={<Shuffle aria-hidden />}
        title="One of several wordings, always the same for a lead"
        onClick={() => onInsert("{Hi|Hello|Hey}")}
      >
        Alternatives
      </Button>
      <Button
        size="sm"
        icon={<GitBranch aria-hidden />}
        title="Words only for leads of whom something is known"
        onClick={() => onInsert("{% if company %}… {{ company }} …{% else %}…{% endif %}")}
      >
        Condition
      </Button>
    </div>
  );
}

function Group({
  title,
  fields,
  onInsert,
}: {
  title: string;
  fields: readonly string[];
  onInsert: (piece: string) => void;
}) {
  return (
    <>
      <MenuTitle>{title}</MenuTitle>
      {fields.map((field) => (
        <MenuItem key={field} onClick={() => onInsert(placeFor(field))}>
          {/^[a-z_]+$/.test(field) ? words(field) : field}
        </MenuItem>
      ))}
    </>
  );
}
