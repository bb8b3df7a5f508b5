"use client";

import Link from "next/link";
import { useRouter } from "next/navigation";
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";
import { cx } from "@/lib/cx";
import { Button } from "./button";

export type Column<Row> = {
  title: ReactNode;
  /** Said by readers where `title` is no words. */
  label?: string;
  cell: (row: Row) => ReactNode;
  /** Figures stand to the right, under each other. */
  numeric?: boolean;
  /** Left out where there is no room for it. */
  from?: "sm" | "md" | "lg" | "xl";
  className?: string;
};

export type More = { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };

type Props<Row> = {
  /** What the table lists, for screen readers. */
  label: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  id: (row: Row) => string;
  /** Where a row leads; its first cell is the link, and the whole row takes the click. */
  href?: (row: Row) => string;
  /** Or what opens it, beside the list. */
  onOpen?: (row: Row) => void;
  selected?: (row: Row) => boolean;
  /** The pages that follow: they come by themselves when the end is near. */
  more?: More;
};

const FROM = { sm: "max-sm:hidden", md: "max-md:hidden", lg: "max-lg:hidden", xl: "max-xl:hidden" };

/** A list with a line for each. `j`/`k` or the arrows go through it, Enter opens. */
export function DataTable<Row>({ label, rows, columns, id, href, onOpen, selected, more }: Props<Row>) {
  const router = useRouter();
  const opens = href !== undefined || onOpen !== undefined;
  const open = (row: Row) => (href ? router.push(href(row)) : onOpen?.(row));
  return (
    <>
      <div className="-mx-2 overflow-x-auto">
        <table className="w-full border-separate border-spacing-0 text-left" onKeyDown={step}>
          <caption className="sr-only">{label}</caption>
          <thead>
            <tr>
              {columns.map((column, index) => (
                <th
                  key={index}
                  scope="col"
                  className={cx(
                    "border-b px-3 py-2 text-[0.8125rem] font-medium whitespace-nowrap text-ink-faint first:pl-2 last:pr-2",
                    column.numeric && "text-right",
                    column.from && FROM[column.from],
                    column.className,
                  )}
                >
                  {column.title}
                  {column.label && <span className="sr-only">{column.label}</span>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr
                key={id(row)}
                data-row
                tabIndex={onOpen ? 0 : undefined}
                aria-selected={selected?.(row) || undefined}
                onClick={opens ? (event) => !isControl(event.target) && open(row) : undefined}
                onKeyDown={
                  onOpen
                    ? (event) => event.key === "Enter" && event.target === event.currentTarget && onOpen(row)
                    : undefined
                }
                className={cx(
                  "group focus-visible:bg-hover focus-visible:-outline-offset-2",
                  opens && "cursor-pointer hover:bg-hover/60",
                  selected?.(row) && "bg-accent-soft hover:bg-accent-soft",
                )}
              >
                {columns.map((column, index) => (
                  <td
                    key={index}
                    className={cx(
                      "border-b px-3 py-2.5 align-baseline first:pl-2 last:pr-2",
                      column.numeric && "text-right whitespace-nowrap num",
                      column.from && FROM[column.from],
                      column.className,
                    )}
                  >
                    {index === 0 && href ? (
                      <Link data-opens href={href(row)} className="font-medium text-ink">
                        {column.cell(row)}
                      </Link>
                    ) : (
                      column.cell(row)
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {more && <Rest more={more} />}
    </>
  );
}

/** The next page, asked for when the end of this one is near; a button for those without. */
export function Rest({ more }: { more: More }) {
  const end = useRef<HTMLDivElement>(null);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = more;
  useEffect(() => {
    if (!hasNextPage || isFetchingNextPage || !end.current) return;
    const near = new IntersectionObserver(([seen]) => seen?.isIntersecting && fetchNextPage(), { rootMargin: "300px" });
    near.observe(end.current);
    return () => near.disconnect();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  if (!hasNextPage) return null;
  return (
    <div ref={end} className="flex justify-center py-4">
      <Button size="sm" busy={isFetchingNextPage} onClick={() => fetchNextPage()}>
        Show more
      </Button>
    </div>
  );
}

function isControl(target: EventTarget): boolean {
  return target instanceof Element && target.closest("a,button,input,select,textarea,label,summary") !== null;
}

function step(event: KeyboardEvent<HTMLTableElement>): void {
  const by = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
  const target = event.target as HTMLElement;
  if (by === undefined || event.metaKey || event.ctrlKey || target.matches("input,select,textarea")) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("tr[data-row]")];
  const here = rows.findIndex((row) => row.contains(target));
  if (focusRow(rows[Math.min(rows.length - 1, Math.max(0, here + by))])) event.preventDefault();
}

/** Puts the keyboard on a row: on itself where it takes it, or on its link. */
export function focusRow(row: HTMLElement | undefined): boolean {
  const stop = row?.tabIndex === 0 ? row : row?.querySelector<HTMLElement>("[data-opens]");
  stop?.focus();
  return stop !== undefined && stop !== null;
}
