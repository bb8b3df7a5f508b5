"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { plural } from "@/lib/format";
import { Button } from "@/ui/button";
import { Field, Input, Textarea } from "@/ui/field";
import { Failure } from "@/ui/states";
import { stepHref } from "./steps";

const EXAMPLE = "First name\tCompany\tWebsite\nIngrid\tHalden Lubricants\thaldenlube.example";

/** Rows as they are copied from a sheet. */
export function PasteRows({ begun, onLeave }: { begun: string; onLeave: () => void }) {
  const router = useRouter();
  const [text, setText] = useState(begun);
  const [name, setName] = useState("Pasted rows");
  const lines = text.split("\n").filter((line) => line.trim() !== "").length;
  const read = useAction(
    async (wish: { text: string; filename: string }, key) =>
      (await api.POST("/v1/uploads/pasted", { body: wish, params: { header: { "Idempotency-Key": key } } })).data!,
    { quiet: true, refresh: [["get", "/v1/uploads"]], onDone: ({ id }) => router.push(stepHref(id, "columns")) },
  );
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        read.mutate({ text, filename: name.trim() || "Pasted rows" });
      }}
    >
      {read.error && <Failure error={read.error} />}
      <Field
        label="Rows"
        hint="Copy them in Excel or Google Sheets with their header row, and paste them here."
        aside={lines > 1 ? `${plural(lines - 1, "row")} below the header` : undefined}
      >
        <Textarea
          autoFocus
          required
          rows={10}
          wrap="off"
          spellCheck={false}
          placeholder={EXAMPLE}
          value={text}
          onChange={(event) => setText(event.target.value)}
          className="font-mono text-[0.8125rem]"
        />
      </Field>
      <Field label="Name" className="max-w-sm">
        <Input value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />
      </Field>
      <div className="flex gap-2">
        <Button type="submit" look="primary" busy={read.isPending} disabled={text.trim() === ""}>
          Read rows
        </Button>
        <Button look="quiet" onClick={onLeave}>
          Choose a file instead
        </Button>
      </div>
    </form>
  );
}
