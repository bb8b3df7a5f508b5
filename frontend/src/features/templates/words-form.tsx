"use client";

import { useRef, useState } from "react";
import { Field, Input, Textarea } from "@/ui/field";
import { Tabs } from "@/ui/tabs";
import { InsertBar } from "./insert-bar";
import type { Part, Words } from "./words";

type Props = { words: Words; fields: readonly string[]; readOnly: boolean; onChange: (words: Words) => void };

/** Name, subject and the two forms of the body. What is inserted goes where the cursor was last. */
export function WordsForm({ words, fields, readOnly, onChange }: Props) {
  const [body, setBody] = useState<"text" | "html">(words.text === "" && words.html !== "" ? "html" : "text");
  const last = useRef<HTMLInputElement | HTMLTextAreaElement | null>(null);
  const insert = (piece: string) => {
    const control = last.current?.isConnected ? last.current : null;
    const part = control?.dataset.part === "subject" ? "subject" : body;
    const from = control?.selectionStart ?? words[part].length;
    const to = control?.selectionEnd ?? from;
    onChange({ ...words, [part]: words[part].slice(0, from) + piece + words[part].slice(to) });
    requestAnimationFrame(() => {
      control?.focus();
      control?.setSelectionRange(from + piece.length, from + piece.length);
    });
  };
  const bind = (part: Part) => ({
    "data-part": part,
    value: words[part],
    readOnly,
    maxLength: 50_000,
    spellCheck: part !== "html",
    onChange: (event: { target: { value: string } }) => onChange({ ...words, [part]: event.target.value }),
  });
  return (
    <section
      aria-label="Words"
      className="flex min-w-0 flex-col gap-4"
      onFocusCapture={({ target }) => {
        if (isPart(target)) last.current = target;
      }}
    >
      <Field label="Name" hint="Only you and your colleagues see it.">
        <Input
          required
          maxLength={200}
          readOnly={readOnly}
          value={words.name}
          placeholder="Short and plain"
          onChange={(event) => onChange({ ...words, name: event.target.value })}
        />
      </Field>
      {!readOnly && <InsertBar fields={fields} onInsert={insert} />}
      <Field label="Subject">
        <Input {...bind("subject")} />
      </Field>
      <div>
        <Tabs
          label="Forms of the body"
          value={body}
          onChange={setBody}
          tabs={[
            { value: "text", label: "Plain text" },
            { value: "html", label: words.html === "" ? "HTML (none)" : "HTML" },
          ]}
        />
        {body === "text" ? (
          <Field
            label="Text"
            hint={words.html === "" ? "The mail is plain text, as a person writes it." : "Empty: made of the HTML."}
          >
            <Textarea rows={18} className="font-mono text-[0.8125rem]" {...bind("text")} />
          </Field>
        ) : (
          <Field label="HTML" hint="Optional. Without it the mail is plain text, which is often read sooner.">
            <Textarea rows={18} className="font-mono text-[0.8125rem]" {...bind("html")} />
          </Field>
        )}
      </div>
    </section>
  );
}

function isPart(target: EventTarget): target is HTMLInputElement | HTMLTextAreaElement {
  return target instanceof HTMLElement && target.dataset.part !== undefined;
}
