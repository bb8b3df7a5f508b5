"use client";

import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, memo, type Ref, useEffect, useImperativeHandle, useRef, useState } from "react";
import type { Schemas } from "@/api/client";
import { cx } from "@/lib/cx";
import type { Row } from "./read-rows";
import { CELLS, RowLine } from "./row-line";

const ROW_PX = 61;
const STEPS: Record<string, number> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1, PageDown: 10, PageUp: -10 };

/** Goes to a place, from 0, from outside. */
export type RowGridHandle = { go: (place: number) => void };

type Props = {
  label: string;
  /** How many rows there are; only those that are seen are drawn. */
  count: number;
  /** Of a part of a longer list: how many there are in all, how many above it, and what a step out of it does. */
  part?: { of: number; above: number; onLeave: (place: number) => void };
  /** The number of the row at a place, from 0. */
  numberAt: (place: number) => number;
  rowAt: (place: number) => Row | null | undefined;
  columns: Schemas["UploadOut"]["columns"] | undefined;
  onOpen: (rowNo: number) => void;
  /** The places that are seen now. */
  onSeen: (first: number, last: number) => void;
  handle?: Ref<RowGridHandle>;
};

/** Rows of any number, of which only the seen ones are drawn. `j`/`k` or the arrows go through them, Enter opens. */
export function RowGrid({ label, count, part, numberAt, rowAt, columns, onOpen, onSeen, handle }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [here, setHere] = useState(0);
  const wantsFocus = useRef(false);
  useEffect(() => {
    const size = new ResizeObserver(() => setTop(topOf(list.current)));
    size.observe(document.body);
    return () => size.disconnect();
  }, []);
  const rows = useWindowVirtualizer({
    count,
    estimateSize: () => ROW_PX,
    overscan: 4,
    scrollMargin: top,
    scrollPaddingStart: 96,
    scrollPaddingEnd: 24,
  });
  const items = rows.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => onSeen(first, last), [onSeen, first, last]);

  const go = (place: number, align: "auto" | "start" = "auto") => {
    const to = Math.min(count - 1, Math.max(0, place));
    wantsFocus.current = true;
    setHere(to);
    rows.scrollToIndex(to, { align });
  };
  useEffect(() => {
    if (!wantsFocus.current) return;
    const row = list.current?.querySelector<HTMLElement>(`[data-place="${here}"]`);
    if (!row) return;
    wantsFocus.current = false;
    row.focus({ preventScroll: true });
  });
  useImperativeHandle(handle, () => ({ go: (place: number) => go(place, "start") }));

  const step = (place: number) => {
    const isIn = place >= 0 && place < count;
    const isThere = part && part.above + place >= 0 && part.above + place < part.of;
    if (!isIn && isThere) part.onLeave(place);
    else go(place);
  };

  const press = (event: KeyboardEvent<HTMLElement>) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    if (event.key === "Enter") onOpen(numberAt(here));
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(count - 1);
    else if (STEPS[event.key] !== undefined) step(here + STEPS[event.key]!);
    else return;
    event.preventDefault();
  };

  return (
    <div role="grid" aria-label={label} aria-rowcount={(part?.of ?? count) + 1} onKeyDown={press}>
      <div role="rowgroup" className="sticky top-0 z-10 border-b bg-ground max-lg:top-12">
        <div role="row" aria-rowindex={1} className={cx(CELLS, "py-2 text-[0.8125rem] font-medium text-ink-faint")}>
          <span role="columnheader" className="text-right">
            Row
          </span>
          <span role="columnheader">Person</span>
          <span role="columnheader" className="max-lg:hidden">
            Company
          </span>
          <span role="columnheader" className="max-md:hidden">
            Line
          </span>
          <span role="columnheader">State</span>
        </div>
      </div>
      <div ref={list} role="rowgroup" className="relative" style={{ height: rows.getTotalSize() }}>
        {items.map(({ key, index, start }) => (
          <GridRow
            key={key}
            place={index}
            above={part?.above ?? 0}
            y={start - top}
            rowNo={numberAt(index)}
            row={rowAt(index)}
            columns={columns}
            isStop={index === Math.min(last, Math.max(first, here))}
            onFocus={setHere}
            onOpen={onOpen}
          />
        ))}
      </div>
    </div>
  );
}

type RowProps = Pick<Props, "columns" | "onOpen"> & {
  place: number;
  above: number;
  y: number;
  rowNo: number;
  row: Row | null | undefined;
  /** Whether Tab comes here. */
  isStop: boolean;
  onFocus: (place: number) => void;
};

/** Drawn once for as long as it is seen: of a page that is scrolled, most rows stay as they are from frame to frame. */
const GridRow = memo(function GridRow({ place, above, y, rowNo, row, columns, isStop, onFocus, onOpen }: RowProps) {
  return (
    <div
      role="row"
      aria-rowindex={above + place + 2}
      data-row
      data-place={place}
      tabIndex={isStop ? 0 : -1}
      onFocus={() => onFocus(place)}
      onClick={() => onOpen(rowNo)}
      className={cx(
        CELLS,
        "absolute inset-x-0 top-0 cursor-pointer overflow-hidden border-b py-2 hover:bg-hover/60 focus-visible:bg-hover focus-visible:-outline-offset-2",
      )}
      style={{ height: ROW_PX, transform: `translateY(${y}px)` }}
    >
      <RowLine rowNo={rowNo} row={row} columns={columns} />
    </div>
  );
});

/** How far below the top of the page something is. */
function topOf(element: HTMLElement | null): number {
  return element ? Math.round(element.getBoundingClientRect().top + window.scrollY) : 0;
}
