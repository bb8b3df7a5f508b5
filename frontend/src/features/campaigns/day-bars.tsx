import { cx } from "@/lib/cx";
import { count, day as written, plural } from "@/lib/format";

export type Day = { date: string; mails: number; note?: string };

/** Mails per day as columns, weekends in a paler place. Each column says its day and its figure to readers and on hovering. */
export function DayBars({ label, days }: { label: string; days: readonly Day[] }) {
  const most = Math.max(1, ...days.map(({ mails }) => mails));
  const figures = days.length <= 16;
  return (
    <ol aria-label={label} className="flex h-52 items-stretch gap-px sm:gap-1">
      {days.map(({ date, mails, note }, index) => {
        const at = new Date(`${date}T12:00:00Z`);
        const weekend = [0, 6].includes(at.getUTCDay());
        const said = `${weekday(at)} ${written(at, "UTC")}: ${plural(mails, "mail")}${note ? `, ${note}` : ""}`;
        return (
          <li key={date} title={said} className="flex min-w-0 flex-1 flex-col">
            <span className="sr-only">{said}</span>
            <div
              aria-hidden
              className={cx("flex flex-1 flex-col justify-end rounded-t-sm border-b", weekend && "bg-sunken")}
            >
              {mails > 0 && (
                <>
                  {figures && <span className="text-center text-xs text-ink-faint num">{count(mails)}</span>}
                  <div
                    className="mx-auto min-h-0.5 w-full max-w-12 rounded-t-sm bg-accent"
                    style={{ height: `${(mails / most) * 86}%` }}
                  />
                </>
              )}
            </div>
            <span aria-hidden className="pt-1 text-center text-[0.6875rem] leading-4 text-ink-faint num">
              {figures && <span className="block">{weekday(at)}</span>}
              <span className={cx(days.length > 16 && index % 7 !== 0 && "max-sm:invisible")}>{at.getUTCDate()}</span>
              <span className="block h-4 whitespace-nowrap">{startsMonth(at, index) ? month(at) : ""}</span>
            </span>
          </li>
        );
      })}
    </ol>
  );
}

function startsMonth(at: Date, index: number): boolean {
  return index === 0 || at.getUTCDate() === 1;
}

function month(at: Date): string {
  return new Intl.DateTimeFormat("en-GB", { month: "short", timeZone: "UTC" }).format(at);
}

function weekday(at: Date): string {
  return new Intl.DateTimeFormat("en-GB", { weekday: "short", timeZone: "UTC" }).format(at);
}
