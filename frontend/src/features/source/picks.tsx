import { cx } from "@/lib/cx";

type Props = {
  label: string;
  options: Record<string, string>;
  value: readonly string[];
  onChange: (value: string[]) => void;
};

/** Any of a few, all of them seen. */
export function Picks({ label, options, value, onChange }: Props) {
  return (
    <fieldset>
      <legend className="mb-1.5 text-sm font-medium">{label}</legend>
      <div className="flex flex-wrap gap-1.5">
        {Object.entries(options).map(([name, words]) => {
          const picked = value.includes(name);
          return (
            <label
              key={name}
              className={cx(
                "relative rounded-md border border-line-strong bg-surface px-2.5 py-1 text-[0.8125rem] text-ink-soft has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent",
                picked && "border-accent bg-accent-soft font-medium text-accent-ink",
              )}
            >
              <input
                type="checkbox"
                checked={picked}
                onChange={() => onChange(picked ? value.filter((one) => one !== name) : [...value, name])}
                className="absolute inset-0 cursor-pointer opacity-0"
              />
              {words}
            </label>
          );
        })}
      </div>
    </fieldset>
  );
}
