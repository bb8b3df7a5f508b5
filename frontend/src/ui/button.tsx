"use client";

import Link from "next/link";
import type { ComponentProps, ReactNode } from "react";
import { cx } from "@/lib/cx";

type Look = "primary" | "secondary" | "quiet" | "danger";
type Size = "sm" | "md" | "icon";

const BASE =
  "inline-flex items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap transition-colors select-none disabled:cursor-not-allowed disabled:opacity-55 aria-disabled:opacity-55";
const LOOKS: Record<Look, string> = {
  primary: "bg-accent text-on-accent hover:bg-accent-hover disabled:hover:bg-accent",
  secondary: "border border-line-strong bg-surface text-ink shadow-low hover:bg-hover disabled:hover:bg-surface",
  quiet: "text-ink-soft hover:bg-hover hover:text-ink",
  danger: "border border-line-strong bg-surface text-bad shadow-low hover:bg-bad-soft",
};
const SIZES: Record<Size, string> = {
  sm: "h-7 px-2.5 text-[0.8125rem]",
  md: "h-8.5 px-3.5 text-sm",
  icon: "size-8 p-0",
};

type Shared = { look?: Look; size?: Size; icon?: ReactNode };

function classes({ look = "secondary", size = "md" }: Shared, className?: string): string {
  return cx(BASE, LOOKS[look], SIZES[size], "[&_svg]:size-4 [&_svg]:shrink-0", className);
}

/** `busy` keeps the words, and the keyboard where it is, and takes no second click while an answer is awaited. */
export function Button({
  look,
  size,
  icon,
  busy = false,
  className,
  children,
  onClick,
  ...rest
}: Shared & ComponentProps<"button"> & { busy?: boolean }) {
  return (
    <button
      type="button"
      {...rest}
      // Not disabled: the browser would take the keyboard off it, and leave it nowhere.
      aria-disabled={busy || undefined}
      aria-busy={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
      className={classes({ look, size }, cx(busy && "animate-shimmer", className))}
    >
      {icon}
      {children}
    </button>
  );
}

export function ButtonLink({ look, size, icon, className, children, ...rest }: Shared & ComponentProps<typeof Link>) {
  return (
    <Link {...rest} className={classes({ look, size }, className)}>
      {icon}
      {children}
    </Link>
  );
}

/** A button of which only a picture is seen; `label` is said by screen readers and shown after a moment. */
export function IconButton({
  label,
  children,
  look = "quiet",
  ...rest
}: { label: string; children: ReactNode } & Omit<ComponentProps<typeof Button>, "size" | "icon">) {
  return (
    <Button {...rest} look={look} size="icon" aria-label={label} title={label}>
      {children}
    </Button>
  );
}
