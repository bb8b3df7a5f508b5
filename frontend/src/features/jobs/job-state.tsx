import { Status } from "@/ui/badge";
import { rowStateOf, stateOf } from "./states";

/** A job's state in words. */
export function JobState({ state }: { state: string }) {
  const { label, tone, live } = stateOf(state);
  return (
    <Status tone={tone} live={live}>
      {label}
    </Status>
  );
}

/** What a row came out as, in words. */
export function RowState({ status }: { status: string }) {
  const { label, tone } = rowStateOf(status);
  return <Status tone={tone}>{label}</Status>;
}
