"use client";

import { X } from "lucide-react";
import { type ClipboardEvent, type KeyboardEvent, useState } from "react";

type Props = {
  id?: string;
  /** Where no `Field` around it says what it is. */
  "aria-label"?: string;
  "aria-describedby"?: string;
  "aria-invalid"?: boolean;
  value: readonly string[];
  onChange: (value: string[]) => void;
  placeholder?: string;
  maxLength?: number;
  disabled?: boolean;
};

/** Several words or phrases. Enter, a comma or leaving the field takes the one being typed; Backspace takes the last away. */
export function TagInput({ value, onChange, disabled, ...rest }: Props) {
  const [typed, setTyped] = useState("");
  const add = (text: string) => {
    const words = text.split(/[,;\n\t]/).map((word) => word.trim());
    onChange([...new Set([...value, ...words.filter(Boolean)])]);
    setTyped("");
  };
  const press = (event: KeyboardEvent<HTMLInputElement>) => {
    if ((event.key === "Enter" || event.key === ",") && typed.trim() !== "") {
      event.preventDefault();
      add(typed);
    } else if (event.key === "Backspace" && typed === "" && value.length > 0) {
      onChange(value.slice(0, -1));
    }
  };
  const paste = (event: ClipboardEvent<HTMLInputElement>) => {
    const text = event.clipboardData.getData("text/plain");
    if (!/[,;\n\t]/.test(text)) return;
    event.preventDefault();
    add(text);
  };
  return (
    <div className="flex min-h-8.5 flex-wrap items-center gap-1 rounded-md border border-line-strong bg-surface px-1.5 py-1 shadow-low has-[input:focus-visible]:outline-2 has-[input:focus-visible]:outline-offset-2 has-[input:focus-visible]:outline-accent">
      {value.map((word) => (
        <span key={word} className="inline-flex max-w-full items-center rounded bg-hover pl-1.5 text-[0.8125rem]">
          <span className="truncate">{word}</span>
          <button
            type="button"
            aria-label={`Remove ${word}`}
            disabled={disabled}
            onClick={() => onChange(value.filter((one) => one !== word))}
            className="rounded p-1 text-ink-faint hover:text-ink"
          >
            <X aria-hidden className="size-3" />
          </button>
        </span>
      ))}
      <input
        {...rest}
        disabled={disabled}
        value={typed}
        placeholder={value.length === 0 ? rest.placeholder : undefined}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={press}
        onPaste={paste}
        onBlur={() => typed.trim() !== "" && add(typed)}
        className="h-6 min-w-24 flex-1 bg-transparent px-1.5 text-sm outline-none placeholder:text-ink-faint"
      />
    </div>
  );
}
