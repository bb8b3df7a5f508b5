"use client";

import { type ComponentProps, type ReactElement, type ReactNode, cloneElement, useId } from "react";
import { cx } from "@/lib/cx";

const BOX =
  "w-full rounded-md border border-line-strong bg-surface px-3 text-sm text-ink shadow-low placeholder:text-ink-faint disabled:bg-sunken disabled:text-ink-faint aria-invalid:border-bad [&[readonly]]:bg-sunken";

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input {...rest} className={cx(BOX, "h-8.5", className)} />;
}

export function Textarea({ className, ...rest }: ComponentProps<"textarea">) {
  return <textarea {...rest} className={cx(BOX, "min-h-20 py-2 leading-relaxed", className)} />;
}

/** The browser's own select: it works with every keyboard, reader and phone. */
export function Select({ className, children, ...rest }: ComponentProps<"select">) {
  return (
    <select
      {...rest}
      className={cx(
        BOX,
        "h-8.5 appearance-none bg-[length:1rem] bg-[right_0.5rem_center] bg-no-repeat pr-8",
        "bg-[url('/chevron.svg')]",
        className,
      )}
    >
      {children}
    </select>
  );
}

type FieldProps = {
  label: ReactNode;
  hint?: ReactNode;
  error?: ReactNode;
  /** Beside the label, such as "Optional". */
  aside?: ReactNode;
  className?: string;
  children: ReactElement<{ id?: string; "aria-describedby"?: string; "aria-invalid"?: boolean }>;
};

/** A label, its control, what it is for and what is wrong with it, tied together for every reader. */
export function Field({ label, hint, error, aside, className, children }: FieldProps) {
  const made = useId();
  const id = children.props.id ?? made;
  const told = error ? `${id}-error` : hint ? `${id}-hint` : undefined;
  return (
    <div className={cx("flex flex-col gap-1.5", className)}>
      <div className="flex items-baseline justify-between gap-3">
        <label htmlFor={id} className="text-sm font-medium text-ink">
          {label}
        </label>
        {aside && <span className="text-xs text-ink-faint">{aside}</span>}
      </div>
      {cloneElement(children, { id, "aria-describedby": told, "aria-invalid": error ? true : undefined })}
      {error ? (
        <p id={`${id}-error`} role="alert" className="text-[0.8125rem] text-bad">
          {error}
        </p>
      ) : (
        hint && (
          <p id={`${id}-hint`} className="text-[0.8125rem] text-ink-faint">
            {hint}
          </p>
        )
      )}
    </div>
  );
}

type CheckProps = Omit<ComponentProps<"input">, "type"> & { label: ReactNode; hint?: ReactNode };

export function Checkbox({ label, hint, className, ...rest }: CheckProps) {
  const id = useId();
  return (
    <div className={cx("flex items-start gap-2.5", className)}>
      <input
        {...rest}
        id={id}
        type="checkbox"
        aria-describedby={hint ? `${id}-hint` : undefined}
        className="mt-[3px] size-4 shrink-0 rounded accent-accent"
      />
      <div>
        <label htmlFor={id} className="text-sm text-ink">
          {label}
        </label>
        {hint && (
          <p id={`${id}-hint`} className="text-[0.8125rem] text-ink-faint">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}

/** One of a few, all of them seen. */
export function Choices<Value extends string>({
  label,
  value,
  options,
  onChange,
  disabled,
}: {
  label: string;
  value: Value;
  options: readonly { value: Value; label: ReactNode }[];
  onChange: (value: Value) => void;
  disabled?: boolean;
}) {
  const name = useId();
  return (
    <fieldset className="inline-flex rounded-md border border-line-strong bg-sunken p-0.5" disabled={disabled}>
      <legend className="sr-only">{label}</legend>
      {options.map((option) => (
        <label
          key={option.value}
          className={cx(
            "relative rounded-[5px] px-2.5 py-0.5 text-[0.8125rem] font-medium whitespace-nowrap text-ink-soft has-focus-visible:outline-2 has-focus-visible:outline-accent",
            value === option.value && "bg-surface text-ink shadow-low",
          )}
        >
          <input
            type="radio"
            name={name}
            className="absolute inset-0 cursor-pointer opacity-0"
            checked={value === option.value}
            onChange={() => onChange(option.value)}
          />
          {option.label}
        </label>
      ))}
    </fieldset>
  );
}
