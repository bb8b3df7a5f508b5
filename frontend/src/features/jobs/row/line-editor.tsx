"use client";

import { useState } from "react";
import type { Problem } from "@/api/problem";
import { plural } from "@/lib/format";
import { Button } from "@/ui/button";
import { Field, Textarea } from "@/ui/field";
import { Notice } from "@/ui/states";

type Props = {
  line: string;
  change: { isPending: boolean; error: Problem | null };
  onSave: (line: string, approved: boolean) => void;
  onLeave: () => void;
};

/** Another wording of a line, with what somebody else made of it meanwhile. */
export function LineEditor({ line, change, onSave, onLeave }: Props) {
  const [typed, setTyped] = useState(line);
  const theirs = change.error?.code === "row_changed" ? change.error.body.line : undefined;
  const wordCount = typed.trim().split(/\s+/).filter(Boolean).length;
  const isSame = typed.trim() === line.trim() || typed.trim() === "";
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        onSave(typed.trim(), false);
      }}
    >
      <Field
        label="Your wording"
        aside={plural(wordCount, "word")}
        hint="Free. It goes into sheets, and into mails that have not begun to leave."
        error={theirs === undefined ? change.error?.message : undefined}
      >
        <Textarea
          autoFocus
          rows={4}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) event.currentTarget.form?.requestSubmit();
          }}
        />
      </Field>
      {typeof theirs === "string" && (
        <Notice
          tone="warn"
          title="Somebody else has changed this line meanwhile"
          action={
            <Button size="sm" onClick={() => setTyped(theirs)}>
              Take theirs
            </Button>
          }
        >
          Theirs: “{theirs}”. Save again to put yours in its place.
        </Notice>
      )}
      <div className="flex flex-wrap justify-end gap-2">
        <Button size="sm" look="quiet" onClick={onLeave}>
          Leave it
        </Button>
        <Button size="sm" type="submit" busy={change.isPending} disabled={isSame}>
          Save
        </Button>
        <Button
          size="sm"
          look="primary"
          busy={change.isPending}
          disabled={isSame}
          onClick={() => onSave(typed.trim(), true)}
        >
          Save and approve
        </Button>
      </div>
    </form>
  );
}
