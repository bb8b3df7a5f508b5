import { ExternalLink } from "lucide-react";
import type { Schemas } from "@/api/client";
import { plural, words } from "@/lib/format";
import { Status, type Tone } from "@/ui/badge";
import { Fact, Facts } from "@/ui/page";

type Row = Schemas["JobRowOut"];

const STATES: Record<string, { label: string; tone: Tone }> = {
  enriched: { label: "Researched", tone: "good" },
  degraded: { label: "Incomplete", tone: "warn" },
  failed: { label: "Failed", tone: "bad" },
  skipped: { label: "Skipped", tone: "neutral" },
  pending: { label: "On its way", tone: "accent" },
};

/** One row as it came out: its line, what was found, and where that stands. */
export function TriedRow({ row }: { row: Row }) {
  const { label, tone } = STATES[row.status] ?? { label: words(row.status), tone: "neutral" as const };
  const extra = Object.entries(row.extra ?? {});
  return (
    <article className="border-t py-4">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 text-[0.8125rem]">
        <span className="text-ink-faint num">Row {row.row_no}</span>
        <Status tone={tone}>{label}</Status>
      </div>
      {row.line && <p className="mt-1 text-[0.9375rem] leading-relaxed">{row.line}</p>}
      {row.reason && <p className="mt-1 text-ink-soft">{words(row.reason)}</p>}
      {extra.length > 0 && (
        <Facts className="mt-2">
          {extra.map(([name, answer]) => (
            <Fact key={name} name={name}>
              {valueOf(answer)}
            </Fact>
          ))}
        </Facts>
      )}
      {row.evidence.length > 0 && (
        <details className="mt-2">
          <summary className="w-fit rounded text-[0.8125rem] font-medium text-accent-ink">
            {plural(row.evidence.length, "statement")} with sources
          </summary>
          <ul className="mt-2 flex flex-col gap-3">
            {row.evidence.map((one) => (
              <li key={one.id}>
                <p>{one.text}</p>
                {one.snippet !== one.text && <p className="text-[0.8125rem] text-ink-faint">“{one.snippet}”</p>}
                <p className="flex flex-wrap gap-x-3 text-[0.8125rem]">
                  {one.sources.map((source) => (
                    <a
                      key={source.id}
                      href={source.url}
                      target="_blank"
                      rel="noreferrer"
                      title={source.title}
                      className="inline-flex min-w-0 items-center gap-1 text-accent-ink hover:underline"
                    >
                      <span className="truncate">{hostOf(source.url)}</span>
                      <ExternalLink aria-hidden className="size-3 shrink-0" />
                    </a>
                  ))}
                </p>
              </li>
            ))}
          </ul>
        </details>
      )}
    </article>
  );
}

function hostOf(url: string): string {
  try {
    return new URL(url).hostname;
  } catch {
    return url;
  }
}

function valueOf(answer: unknown): string {
  const value = typeof answer === "object" && answer !== null && "value" in answer ? answer.value : answer;
  if (value === null || value === undefined || value === "") return "Not found";
  return Array.isArray(value) ? value.join(", ") : typeof value === "boolean" ? (value ? "Yes" : "No") : String(value);
}
