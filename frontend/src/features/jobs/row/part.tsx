import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";

/** A part of a row under its own heading; a folded one is opened by whoever wants it. */
export function Part({ title, aside, folded, children }: PartProps) {
  if (!folded) {
    return (
      <section className="border-t py-4 first:border-t-0 first:pt-0">
        <div className="mb-2.5 flex items-center justify-between gap-3">
          <h3 className="font-semibold">{title}</h3>
          {aside}
        </div>
        {children}
      </section>
    );
  }
  return (
    <details className="group border-t py-3">
      <summary className="flex list-none items-center gap-1.5 rounded font-semibold [&::-webkit-details-marker]:hidden">
        <ChevronRight aria-hidden className="size-4 text-ink-faint transition-transform group-open:rotate-90" />
        <h3>{title}</h3>
        {aside && <span className="font-normal text-ink-faint">{aside}</span>}
      </summary>
      <div className="pt-3 pl-5.5">{children}</div>
    </details>
  );
}

type PartProps = { title: string; aside?: ReactNode; folded?: boolean; children: ReactNode };
