"use client";

import { $api } from "@/api/client";
import { Section } from "@/ui/page";
import { Loaded } from "@/ui/states";
import type { JobOut } from "./states";
import { Statement } from "./statement";
import { Taken } from "./taken";

/** What a job took: credits of the workspace, and calls to providers at their price lists. */
export default function JobReceipt({ job }: { job: JobOut }) {
  const receipt = $api.useQuery("get", "/v1/jobs/{job_id}/receipt", { params: { path: { job_id: job.id } } });
  return (
    <>
      <Section title="Credits">
        {job.kind === "trial" ? <p className="text-ink-soft">Trials are free.</p> : <Statement jobId={job.id} />}
      </Section>
      <Loaded query={receipt}>
        {({ real, sandboxed, with_retries: all }) => (
          <>
            <Taken title="Asked of providers" usage={all?.real ?? real} />
            <Taken
              title="Made up by the sandbox"
              description="It cost nothing; the amounts are what it would have been."
              usage={all?.sandboxed ?? sandboxed}
            />
          </>
        )}
      </Loaded>
    </>
  );
}
