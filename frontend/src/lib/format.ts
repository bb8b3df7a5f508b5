/** How figures, money and times are written. Times are of the reader's zone and say which where that is not plain. */

const WHOLE = new Intl.NumberFormat("en");
const MINUS = "−";
const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** 12345 → "12,345"; a minus is as wide as a figure. */
export function count(value: number): string {
  return WHOLE.format(value).replace("-", MINUS);
}

/** 12345 → "12.3K", for places that are narrow. */
export function shortCount(value: number): string {
  return SHORT.format(value);
}

/** plural(1, "row") → "1 row"; plural(2, "reply", "replies") → "2 replies". */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${WHOLE.format(value)} ${value === 1 ? one : many}`;
}

/** 0.1234 → "12 %". Never 100 % before all is done, nor 0 % after something is. */
export function percent(share: number): string {
  if (share > 0 && share < 0.01) return "<1 %";
  if (share < 1 && share > 0.99) return "99 %";
  return `${Math.round(share * 100)} %`;
}

/** Amounts are in the currency's smallest unit, as Stripe has them. */
export function money(amount: number, currency: string): string {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

/** 1536 → "1.5 KB". */
export function bytes(value: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let left = value;
  let unit = 0;
  while (left >= 1024 && unit < units.length - 1) {
    left /= 1024;
    unit += 1;
  }
  return `${left >= 10 || unit === 0 ? Math.round(left) : left.toFixed(1)} ${units[unit]}`;
}

/** 75 → "1 min 15 s"; 3725 → "1 h 2 min". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 && minutes < 10 ? `${minutes} min ${whole % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return plural(Math.round(hours / 24), "day");
}

const STEPS: [number, Intl.RelativeTimeFormatUnit][] = [
  [60, "second"],
  [60, "minute"],
  [24, "hour"],
  [7, "day"],
];
const RELATIVE = new Intl.RelativeTimeFormat("en-GB", { numeric: "auto", style: "short" });

/** "3 min ago", "in 2 hr", and a date for what is more than a week away. */
export function ago(at: Date, now: Date = new Date()): string {
  let left = (at.getTime() - now.getTime()) / 1000;
  if (Math.abs(left) < 5) return "just now";
  for (const [size, unit] of STEPS) {
    if (Math.abs(left) < size) return RELATIVE.format(Math.round(left), unit);
    left /= size;
  }
  return day(at);
}

/** "28 Nov 2026", in the reader's zone or the one named. */
export function day(at: Date, timeZone?: string): string {
  return new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone }).format(at);
}

/** "28 Nov 2026, 14:05 CET". */
export function instant(at: Date, timeZone?: string): string {
  return new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
    timeZone,
  }).format(at);
}

/** "14:05". */
export function clock(at: Date, timeZone?: string): string {
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone }).format(at);
}

/** "daily_limit" → "Daily limit": the words of a code that has none of its own. */
export function words(code: string): string {
  const said = code.replaceAll("_", " ").replaceAll(".", " ");
  return said.charAt(0).toUpperCase() + said.slice(1);
}
