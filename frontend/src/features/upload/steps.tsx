import { Check } from "lucide-react";
import Link from "next/link";
import { cx } from "@/lib/cx";

export type Step = "file" | "columns" | "review";

const STEPS: { step: Step; label: string }[] = [
  { step: "file", label: "File" },
  { step: "columns", label: "Columns" },
  { step: "review", label: "Review and start" },
];

export function stepHref(id: string, step: Step): string {
  return step === "file" ? "/upload" : step === "columns" ? `/upload?id=${id}` : `/upload?id=${id}&step=review`;
}

/** Where one is of the three, and the way back to what is done. */
export function Steps({ now, id }: { now: Step; id?: string }) {
  const here = STEPS.findIndex(({ step }) => step === now);
  return (
    <nav aria-label="Steps" className="mt-4">
      <ol className="flex flex-wrap items-center gap-x-5 gap-y-1 text-[0.8125rem]">
        {STEPS.map(({ step, label }, index) => {
          const done = index < here;
          const words = (
            <>
              <span
                aria-hidden
                className={cx(
                  "inline-flex size-5 items-center justify-center rounded-full border text-[0.6875rem] font-medium num",
                  index === here && "border-accent text-accent-ink",
                  done && "border-transparent bg-accent-soft text-accent-ink",
                )}
              >
                {done ? <Check className="size-3" /> : index + 1}
              </span>
              {label}
            </>
          );
          return (
            <li key={step} aria-current={index === here ? "step" : undefined}>
              {done && id ? (
                <Link
                  href={stepHref(id, step)}
                  className="inline-flex items-center gap-1.5 rounded text-ink-soft hover:text-ink"
                >
                  {words}
                </Link>
              ) : (
                <span
                  className={cx(
                    "inline-flex items-center gap-1.5",
                    index === here ? "font-medium text-ink" : "text-ink-faint",
                  )}
                >
                  {words}
                </span>
              )}
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
