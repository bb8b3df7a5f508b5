"use client";

import { useEffect, useRef, useState } from "react";
import { useAddress } from "@/lib/use-address";
import { Choices, Input, Select } from "@/ui/field";
import { STANDINGS } from "./states";

const KINDS = [
  { value: "all", label: "All" },
  { value: "list", label: "Lists" },
  { value: "retry", label: "Retries" },
  { value: "trial", label: "Trials" },
] as const;
export type Kind = (typeof KINDS)[number]["value"];

const TYPING_MS = 250;

/** Which jobs are looked for, as the address says: so a page of them can be kept, and sent to somebody. */
export function useJobFilters() {
  const [said, change] = useAddress();
  const [cleared, setCleared] = useState(0);
  const kind = KINDS.find(({ value }) => value === said.get("kind"))?.value ?? "all";
  const standing = STANDINGS.find(({ value }) => value === said.get("state"));
  const file = (said.get("file") ?? "").trim();
  const query = {
    ...(kind === "all" ? {} : { kind }),
    ...(standing ? { state: standing.states } : {}),
    ...(file ? { containing: file.slice(0, 200) } : {}),
  };
  const clear = () => {
    change({ kind: null, state: null, file: null });
    setCleared(cleared + 1);
  };
  return { kind, standing: standing?.value ?? "", file, query, change, clear, cleared };
}

/** The kind of a job, its state, and a part of its file's name. */
export function JobFilters({ filters }: { filters: ReturnType<typeof useJobFilters> }) {
  const { kind, standing, file, change, cleared } = filters;
  return (
    <div className="mb-4 flex flex-wrap items-center gap-3">
      <Choices
        label="Kind of job"
        value={kind}
        options={KINDS}
        onChange={(value) => change({ kind: value === "all" ? null : value })}
      />
      <div className="flex gap-3 max-sm:w-full">
        <Select
          aria-label="State"
          value={standing}
          onChange={(event) => change({ state: event.target.value || null })}
          className="h-8 sm:w-44"
        >
          <option value="">Any state</option>
          {STANDINGS.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </Select>
        <FileSearch
          key={cleared}
          file={cleared > 0 ? "" : file}
          onSearch={(words) => change({ file: words || null })}
        />
      </div>
    </div>
  );
}

function FileSearch({ file, onSearch }: { file: string; onSearch: (words: string) => void }) {
  const [typed, setTyped] = useState(file);
  const pause = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(pause.current), []);
  const type = (words: string) => {
    setTyped(words);
    clearTimeout(pause.current);
    pause.current = setTimeout(() => onSearch(words.trim()), TYPING_MS);
  };
  return (
    <Input
      data-search
      type="search"
      aria-label="Find a file"
      placeholder="Find a file"
      maxLength={200}
      value={typed}
      onChange={(event) => type(event.target.value)}
      className="h-8 sm:w-56"
    />
  );
}
