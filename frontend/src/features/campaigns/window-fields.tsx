"use client";

import { cx } from "@/lib/cx";
import { Checkbox, Choices, Field, Select } from "@/ui/field";
import { DAYS, type Hours, USUAL, isAnyHour } from "./window-words";

const ANY: Hours = { days: [1, 2, 3, 4, 5, 6, 7], from: "00:00", to: "24:00", skip_holidays: false };
const TIMES = Array.from({ length: 49 }, (_, half) => clock(half));

function clock(half: number): string {
  return `${String(Math.floor(half / 2)).padStart(2, "0")}:${half % 2 ? "30" : "00"}`;
}

/** The hours of a campaign, by each lead's own clock. */
export function WindowFields({ value, onChange }: { value: Hours; onChange: (value: Hours) => void }) {
  const any = isAnyHour(value);
  return (
    <div className="flex flex-col gap-3">
      <div>
        <Choices
          label="When mails leave"
          value={any ? "any" : "chosen"}
          options={[
            { value: "chosen", label: "Working hours" },
            { value: "any", label: "Any hour" },
          ]}
          onChange={(kind) => onChange(kind === "any" ? ANY : USUAL)}
        />
      </div>
      {any ? (
        <p className="text-[0.8125rem] text-ink-faint">Mails leave at once, whatever the time is where the lead is.</p>
      ) : (
        <Chosen value={value} onChange={onChange} />
      )}
    </div>
  );
}

function Chosen({ value, onChange }: { value: Hours; onChange: (value: Hours) => void }) {
  return (
    <>
      <Days days={value.days} onChange={(days) => onChange({ ...value, days })} />
      <div className="grid grid-cols-2 gap-3">
        <Field label="From">
          <Select value={value.from} onChange={(event) => onChange({ ...value, from: event.target.value })}>
            {times(value.from, TIMES.slice(0, -1))}
          </Select>
        </Field>
        <Field label="To">
          <Select value={value.to} onChange={(event) => onChange({ ...value, to: event.target.value })}>
            {times(
              value.to,
              TIMES.filter((time) => time > value.from),
            )}
          </Select>
        </Field>
      </div>
      <p className="-mt-1 text-[0.8125rem] text-ink-faint">By the clock where each lead is.</p>
      <Checkbox
        label="Not on public holidays"
        checked={value.skip_holidays}
        onChange={(event) => onChange({ ...value, skip_holidays: event.target.checked })}
      />
    </>
  );
}

/** Half hours, and whatever else the API was told before. */
function times(chosen: string, offered: string[]) {
  const all = offered.includes(chosen) ? offered : [...offered, chosen].sort();
  return all.map((time) => (
    <option key={time} value={time}>
      {time}
    </option>
  ));
}

function Days({ days, onChange }: { days: number[]; onChange: (days: number[]) => void }) {
  return (
    <fieldset className="flex flex-wrap gap-1.5">
      <legend className="mb-1.5 text-sm font-medium">Days</legend>
      {DAYS.map((name, index) => {
        const day = index + 1;
        const on = days.includes(day);
        return (
          <label
            key={name}
            className={cx(
              "relative rounded-md border px-2.5 py-1 text-[0.8125rem] font-medium has-focus-visible:outline-2 has-focus-visible:outline-accent",
              on ? "border-transparent bg-accent-soft text-accent-ink" : "border-line-strong text-ink-faint",
            )}
          >
            <input
              type="checkbox"
              className="absolute inset-0 cursor-pointer opacity-0"
              checked={on}
              onChange={() => onChange(on ? days.filter((one) => one !== day) : [...days, day].sort((a, b) => a - b))}
            />
            {name}
          </label>
        );
      })}
    </fieldset>
  );
}
