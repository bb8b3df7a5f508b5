"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { type ReactNode, useEffect, useRef } from "react";
import { cx } from "@/lib/cx";

/** Pages that belong together, each with its own address. */
export function TabLinks({ label, tabs }: { label: string; tabs: readonly { href: string; label: ReactNode }[] }) {
  const path = usePathname();
  const row = useInSight<HTMLElement>(path);
  return (
    <nav ref={row} aria-label={label} className="-mx-1 mb-6 flex gap-1 overflow-x-auto border-b px-1">
      {tabs.map((tab) => (
        <Link
          key={tab.href}
          href={tab.href}
          aria-current={path === tab.href ? "page" : undefined}
          className={cx(
            "-mb-px border-b-2 border-transparent px-2 py-2 whitespace-nowrap text-ink-soft hover:text-ink",
            path === tab.href && "border-accent font-medium text-ink",
          )}
        >
          {tab.label}
        </Link>
      ))}
    </nav>
  );
}

/** Parts of one page of which one is seen. The choice is the caller's to keep. */
export function Tabs<Value extends string>({
  label,
  value,
  tabs,
  onChange,
}: {
  label: string;
  value: Value;
  tabs: readonly { value: Value; label: ReactNode }[];
  onChange: (value: Value) => void;
}) {
  const row = useInSight<HTMLDivElement>(value);
  return (
    <div ref={row} role="group" aria-label={label} className="mb-4 flex gap-1 overflow-x-auto border-b">
      {tabs.map((tab) => (
        <button
          key={tab.value}
          type="button"
          aria-pressed={value === tab.value}
          onClick={() => onChange(tab.value)}
          className={cx(
            "-mb-px border-b-2 border-transparent px-2 py-2 whitespace-nowrap text-ink-soft hover:text-ink",
            value === tab.value && "border-accent font-medium text-ink",
          )}
        >
          {tab.label}
        </button>
      ))}
    </div>
  );
}

/** Where there is no room for all, the chosen one is not the one that is cut off. */
function useInSight<Row extends HTMLElement>(chosen: string) {
  const row = useRef<Row>(null);
  useEffect(() => {
    const here = row.current;
    if (!here) return;
    // Called at once, and when the room changes: a phone that is turned.
    const room = new ResizeObserver(() => {
      const tab = here.querySelector<HTMLElement>("[aria-current=page], [aria-pressed=true]");
      if (tab) here.scrollLeft = tab.offsetLeft - here.offsetLeft - (here.clientWidth - tab.offsetWidth) / 2;
    });
    room.observe(here);
    return () => room.disconnect();
  }, [chosen]);
  return row;
}
