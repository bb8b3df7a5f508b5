import { count } from "@/lib/format";
import { isEnded, type JobOut } from "./states";

/** How far a job is: a figure when it is over, and while it runs a small bar besides. */
export function JobShare({ job }: { job: JobOut }) {
  if (isEnded(job) && job.rows_done >= job.rows_total) return count(job.rows_total);
  const share = job.rows_total === 0 ? 0 : job.rows_done / job.rows_total;
  return (
    <span className="inline-flex items-center gap-2.5">
      {!isEnded(job) && (
        <span aria-hidden className="h-1 w-14 overflow-hidden rounded-full bg-hover">
          <span
            className="block h-full rounded-full bg-accent transition-[width] duration-500"
            style={{ width: `${share * 100}%` }}
          />
        </span>
      )}
      {count(job.rows_done)} / {count(job.rows_total)}
    </span>
  );
}
