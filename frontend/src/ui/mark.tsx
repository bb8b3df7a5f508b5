import { cx } from "@/lib/cx";

/** Corofy's sign. */
export function Mark({ className }: { className?: string }) {
  return (
    <svg aria-hidden viewBox="0 0 32 32" className={cx("size-6", className)}>
      <rect width="32" height="32" rx="8" className="fill-accent" />
      <path d="M21.8 11.2a7 7 0 1 0 0 9.6" className="fill-none stroke-white" strokeWidth="3.4" strokeLinecap="round" />
      <circle cx="23" cy="16" r="2.1" className="fill-white" />
    </svg>
  );
}
