import { ExternalLink } from "lucide-react";
import type { Schemas } from "@/api/client";
import { day, plural } from "@/lib/format";
import { Badge } from "@/ui/badge";
import type { Row } from "../rows/read-rows";
import { Part } from "./part";

type Statement = Schemas["EvidenceOut"];

const GROUPS: [about: string, title: string][] = [
  ["person", "The person"],
  ["company", "The company"],
  ["signals", "What is going on there"],
];

/** Everything that was found, each statement with the words that back it and where they stand. */
export function Evidence({ row }: { row: Row }) {
  return GROUPS.map(([about, title]) => {
    const found = row.evidence.filter((statement) => statement.about === about);
    if (found.length === 0) return null;
    return (
      <Part
        key={about}
        title={title}
        aside={<span className="text-ink-faint">{plural(found.length, "statement")}</span>}
      >
        <ul className="flex flex-col gap-4">
          {found.map((statement) => (
            <Backed key={statement.id} statement={statement} />
          ))}
        </ul>
      </Part>
    );
  });
}

function Backed({ statement }: { statement: Statement }) {
  const { text, snippet, date, strength } = statement;
  return (
    <li>
      <p>
        <span>{text}</span> {date && <span className="text-ink-faint">{dayIn(date)}</span>}{" "}
        {strength !== null && strength >= 3 && <Badge tone="good">Strong</Badge>}
      </p>
      <blockquote className="mt-1.5 border-l-2 border-line-strong pl-3 text-[0.8125rem] leading-5 text-ink-soft">
        {snippet.trim() === text.trim() ? "In the same words at:" : `“${snippet}”`}
        <Sources sources={statement.sources} />
      </blockquote>
    </li>
  );
}

export function Sources({ sources }: { sources: Schemas["SourceOut"][] }) {
  return (
    <ul className="mt-0.5 flex flex-col">
      {sources.map((source) => (
        <li key={source.id} className="flex min-w-0 items-baseline gap-1.5">
          <a
            href={source.url}
            target="_blank"
            rel="noreferrer noopener"
            className="inline-flex min-w-0 items-baseline gap-1 text-accent-ink hover:underline"
          >
            <span className="truncate">{source.title || source.url}</span>
            <ExternalLink aria-label="(opens a new tab)" className="size-3 shrink-0 self-center" />
          </a>
          <span className="shrink-0 text-ink-faint">{hostOf(source.url)}</span>
        </li>
      ))}
    </ul>
  );
}

/** Days as the web writes them ("Sep 14, 2026") in our own way; what is vaguer stays as it was found. */
function dayIn(date: string): string {
  return /^[A-Z][a-z]{2} \d{1,2}, \d{4}$/.test(date) ? day(new Date(date)) : date;
}

function hostOf(url: string): string {
  try {
    return new URL(url).hostname.replace(/^www\./, "");
  } catch {
    return "";
  }
}
