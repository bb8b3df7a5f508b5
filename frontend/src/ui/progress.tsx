import { percent } from "@/lib/format";

/** How much of a whole is done. `label` says of what. */
export function Progress({ share, label }: { share: number; label: string }) {
  const done = Math.min(1, Math.max(0, share));
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuenow={Math.round(done * 100)}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuetext={percent(done)}
      className="h-1.5 w-full overflow-hidden rounded-full bg-hover"
    >
      <div
        className="h-full rounded-full bg-accent transition-[width] duration-500"
        style={{ width: `${done * 100}%` }}
      />
    </div>
  );
}
