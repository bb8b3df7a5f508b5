"use client";

import { FileSpreadsheet } from "lucide-react";
import { type DragEvent, useRef, useState } from "react";
import { cx } from "@/lib/cx";
import { Button } from "@/ui/button";

type Props = { onFile: (file: File) => void; disabled?: boolean; busy?: boolean; title?: string };

const KINDS = ".csv,.tsv,.txt,.xlsx,.xlsm,.xlsb,.xls,.ods,.gz,.zip";

/** Takes one file, dropped or chosen. */
export function DropZone({ onFile, disabled, busy, title = "Drop a file here" }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const drag = (event: DragEvent, inside: boolean) => {
    event.preventDefault();
    setOver(inside && !disabled);
  };
  return (
    <div
      onDragOver={(event) => drag(event, true)}
      onDragLeave={(event) => drag(event, false)}
      onDrop={(event) => {
        drag(event, false);
        const file = event.dataTransfer.files[0];
        if (file && !disabled && !busy) onFile(file);
      }}
      className={cx(
        "flex flex-col items-center gap-1.5 rounded-lg border border-dashed border-line-strong bg-surface px-6 py-12 text-center transition-colors",
        over && "border-accent bg-accent-soft",
      )}
    >
      <FileSpreadsheet aria-hidden className="mb-1 size-7 text-ink-faint" strokeWidth={1.5} />
      <h2 className="text-[0.9375rem] font-medium">{title}</h2>
      <p className="max-w-md text-ink-soft">
        Excel, CSV, TSV or OpenDocument, also zipped. Up to 1 GB and millions of rows; nothing in it is changed.
      </p>
      <input
        ref={input}
        type="file"
        aria-label="File"
        accept={KINDS}
        tabIndex={-1}
        className="sr-only"
        disabled={disabled}
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file) onFile(file);
          event.target.value = "";
        }}
      />
      <Button look="primary" className="mt-3" disabled={disabled} busy={busy} onClick={() => input.current?.click()}>
        Choose file
      </Button>
    </div>
  );
}
