"use client";

import { useState } from "react";
import { Input } from "@/ui/field";

/** Straight to a row of a long list, by its number. */
export function GoToRow({ last, onGo }: { last: number; onGo: (rowNo: number) => void }) {
  const [typed, setTyped] = useState("");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const rowNo = Number(typed);
        if (rowNo >= 1 && rowNo <= last) onGo(rowNo);
      }}
    >
      <Input
        data-search
        type="number"
        inputMode="numeric"
        aria-label="Go to row"
        placeholder="Go to row"
        min={1}
        max={last}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        className="h-8 w-32"
      />
    </form>
  );
}
