import { type JobOut, countsOf, isEnded } from "../states";

type Status = "enriched" | "degraded" | "failed" | "skipped" | "pending";
export type Filter = "all" | Status | "unapproved" | "approved";
/** How a filter is asked for. */
export type Asked = { status?: Status; approved?: boolean };

const LABELS: [Filter, string][] = [
  ["all", "All"],
  ["enriched", "Enriched"],
  ["degraded", "Degraded"],
  ["failed", "Failed"],
  ["skipped", "Skipped"],
  ["pending", "Waiting"],
  ["unapproved", "To approve"],
  ["approved", "Approved"],
];

export function askedBy(filter: Filter): Asked {
  if (filter === "all") return {};
  if (filter === "unapproved") return { approved: false };
  if (filter === "approved") return { approved: true };
  return { status: filter };
}

/** The filters that may find something, and the one that is chosen. */
export function filtersOf(job: JobOut, chosen: Filter): { value: Filter; label: string }[] {
  const counts = countsOf(job);
  const hasLines = counts.enriched + counts.degraded > 0;
  const mayFind = (filter: Filter) => {
    if (filter === "all" || filter === chosen) return true;
    if (filter === "unapproved" || filter === "approved") return hasLines && job.kind !== "trial";
    if (filter === "pending") return counts.pending > 0 && !isEnded(job);
    return counts[filter] > 0;
  };
  return LABELS.filter(([value]) => mayFind(value)).map(([value, label]) => ({ value, label }));
}

export function filterNamed(name: string | null): Filter {
  return LABELS.find(([value]) => value === name)?.[0] ?? "all";
}
