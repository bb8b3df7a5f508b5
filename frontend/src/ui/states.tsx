"use client";

import { CircleAlert, RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { asProblem } from "@/api/problem";
import { cx } from "@/lib/cx";
import { Button } from "./button";

/** Where something will stand once it has come. Give it the size of what will. `still` where many come and go at once. */
export function Skeleton({ className, still = false }: { className?: string; still?: boolean }) {
  return (
    <div aria-hidden data-skeleton className={cx("h-4 rounded bg-hover", !still && "animate-shimmer", className)} />
  );
}

/** Rows that are on their way. */
export function SkeletonRows({ rows = 6, className }: { rows?: number; className?: string }) {
  return (
    <div role="status" aria-label="Loading" className={cx("flex flex-col gap-4 py-2", className)}>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="flex gap-6">
          <Skeleton className={row % 2 ? "w-2/5" : "w-1/3"} />
          <Skeleton className="w-1/6" />
          <Skeleton className="w-1/4" />
        </div>
      ))}
    </div>
  );
}

/** Nothing there, why, and the one thing to do next. */
export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-2 rounded-lg border border-dashed border-line-strong px-6 py-14 text-center">
      <h2 className="text-[0.9375rem] font-medium">{title}</h2>
      {children && <p className="max-w-md text-ink-soft">{children}</p>}
      {action && <div className="pt-2">{action}</div>}
    </div>
  );
}

/** What went wrong and what to do, with another try where one may help. */
export function Failure({ error, retry, className }: { error: unknown; retry?: () => void; className?: string }) {
  const problem = asProblem(error);
  return (
    <Notice
      tone="bad"
      className={className}
      action={
        retry && (
          <Button size="sm" icon={<RotateCw aria-hidden />} onClick={retry}>
            Try again
          </Button>
        )
      }
    >
      <p className="first-letter:uppercase">{problem.message}</p>
    </Notice>
  );
}

const TONES = {
  neutral: "border-line bg-sunken text-ink",
  warn: "border-warn/30 bg-warn-soft text-ink",
  bad: "border-bad/30 bg-bad-soft text-ink",
  accent: "border-accent/25 bg-accent-soft text-ink",
};
const MARKS = { neutral: "text-ink-faint", warn: "text-warn", bad: "text-bad", accent: "text-accent-ink" };

/** Something to know before going on. */
export function Notice({
  tone = "neutral",
  title,
  children,
  action,
  className,
}: {
  tone?: keyof typeof TONES;
  title?: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
  className?: string;
}) {
  return (
    <div
      role={tone === "bad" ? "alert" : "note"}
      className={cx(
        "flex flex-wrap items-start gap-x-3 gap-y-2 rounded-lg border px-3.5 py-2.5",
        TONES[tone],
        className,
      )}
    >
      <CircleAlert aria-hidden className={cx("mt-[3px] size-4 shrink-0", MARKS[tone])} />
      <div className="min-w-0 flex-1 basis-60">
        {title && <div className="font-medium">{title}</div>}
        {children && <div className={title ? "text-ink-soft" : undefined}>{children}</div>}
      </div>
      {action}
    </div>
  );
}

type Query<Data> = { data: Data | undefined; error: unknown; isPending: boolean; refetch: () => unknown };

/** A query's three faces: skeleton, failure with another try, and what came. */
export function Loaded<Data>({
  query,
  skeleton,
  children,
}: {
  query: Query<Data>;
  skeleton?: ReactNode;
  children: (data: Data) => ReactNode;
}) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return skeleton ?? <SkeletonRows />;
}
