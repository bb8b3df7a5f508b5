import type { Schemas } from "@/api/client";

export type Hours = Schemas["WindowIn"];

export const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;

/** What a campaign has when nobody says otherwise. */
export const USUAL: Hours = { days: [1, 2, 3, 4, 5], from: "09:00", to: "17:00", skip_holidays: true };

export function isAnyHour({ days, from, to, skip_holidays }: Hours): boolean {
  return days.length === 7 && from === "00:00" && to === "24:00" && !skip_holidays;
}

/** [1, 2, 3, 5] → "Mon–Wed, Fri". */
export function daysInWords(days: readonly number[]): string {
  const runs: number[][] = [];
  for (const day of [...days].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last?.at(-1) === day - 1) last.push(day);
    else runs.push([day]);
  }
  const name = (day: number | undefined) => DAYS[(day ?? 1) - 1];
  return runs
    .map((run) => (run.length > 2 ? `${name(run[0])}–${name(run.at(-1))}` : run.map((day) => name(day)).join(", ")))
    .join(", ");
}

export function windowInWords(hours: Hours): string {
  if (isAnyHour(hours)) return "Any hour of any day";
  const holidays = hours.skip_holidays ? ", not on public holidays" : "";
  return `${daysInWords(hours.days)}, ${hours.from}–${hours.to}${holidays}`;
}
