import Link from "next/link";
import { ChevronLeft } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "@/lib/cx";

/** What every page begins with: where one is, and the one thing to do here. */
export function PageHeader({
  title,
  description,
  back,
  actions,
  children,
}: {
  title: ReactNode;
  description?: ReactNode;
  back?: { href: string; label: string };
  actions?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <header className="mb-6">
      {back && (
        <Link
          href={back.href}
          className="mb-2 -ml-1 inline-flex items-center gap-0.5 rounded text-[0.8125rem] text-ink-faint hover:text-ink"
        >
          <ChevronLeft aria-hidden className="size-3.5" />
          {back.label}
        </Link>
      )}
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="min-w-0">
          <h1 className="text-xl leading-7 font-semibold tracking-[-0.012em] break-words">{title}</h1>
          {description && <p className="mt-1 max-w-2xl text-ink-soft">{description}</p>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </div>
      {children}
    </header>
  );
}

/** A part of a page under its own heading; a rule above it, no card around it. */
export function Section({
  title,
  description,
  actions,
  children,
  className,
}: {
  title: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
  children?: ReactNode;
  className?: string;
}) {
  return (
    <section className={cx("border-t py-6 first-of-type:border-t-0 first-of-type:pt-0", className)}>
      <div className="mb-4 flex flex-wrap items-start justify-between gap-x-6 gap-y-2">
        <div>
          <h2 className="text-[0.9375rem] font-semibold">{title}</h2>
          {description && <p className="mt-0.5 max-w-2xl text-ink-soft">{description}</p>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </div>
      {children}
    </section>
  );
}

/** Names and values, in two columns where there is room. */
export function Facts({ children, className }: { children: ReactNode; className?: string }) {
  return <dl className={cx("grid grid-cols-[minmax(7rem,auto)_1fr] gap-x-6 gap-y-2", className)}>{children}</dl>;
}

export function Fact({ name, children }: { name: ReactNode; children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-faint">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}

/** Figures in a row, or two by two where there is little room. */
export function Figures({ label, className, children }: { label?: string; className?: string; children: ReactNode }) {
  const layout = "grid grid-cols-2 gap-x-6 gap-y-4 sm:flex sm:flex-wrap sm:gap-x-12";
  const Tag = label ? "section" : "div";
  return (
    <Tag aria-label={label} className={cx(layout, className)}>
      {children}
    </Tag>
  );
}

/** One figure with its name, without a box. */
export function Figure({ name, children, hint }: { name: ReactNode; children: ReactNode; hint?: ReactNode }) {
  return (
    <div className="min-w-28">
      <div className="text-[0.8125rem] text-ink-faint">{name}</div>
      <div className="text-xl leading-8 font-semibold tracking-[-0.012em] num">{children}</div>
      {hint && <div className="text-[0.8125rem] text-ink-faint">{hint}</div>}
    </div>
  );
}
