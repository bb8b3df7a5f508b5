"use client";

import Link from "next/link";
import { $api } from "@/api/client";
import { count } from "@/lib/format";
import { Fact, Facts } from "@/ui/page";
import { Loaded } from "@/ui/states";
import { Instant } from "@/ui/time";

/** What was set aside for a job, charged to it and given back. */
export function Statement({ jobId }: { jobId: string }) {
  const statement = $api.useQuery("get", "/v1/credits/jobs/{job_id}", { params: { path: { job_id: jobId } } });
  return (
    <Loaded query={statement}>
      {(told) => (
        <>
          <Facts className="max-w-xl num">
            <Fact name="Set aside at first">{count(told.held_at_first)}</Fact>
            {told.raised > 0 && <Fact name="Set aside later">{count(told.raised)}</Fact>}
            {told.lowered > 0 && <Fact name="Taken back by a lower ceiling">{count(told.lowered)}</Fact>}
            {told.held > 0 && <Fact name="Still set aside">{count(told.held)}</Fact>}
            <Fact name="Charged">{count(told.captured)}</Fact>
            <Fact name="Given back unused">{count(told.released)}</Fact>
            {told.refunded > 0 && <Fact name="Refunded">{count(told.refunded)}</Fact>}
            <Fact name="In all">
              <span className="font-semibold">{count(told.total)} credits</span>
            </Fact>
            {told.credits_per_row !== null && <Fact name="Price">{count(told.credits_per_row)} per enriched row</Fact>}
            {told.settled_at && (
              <Fact name="Settled">
                <Instant at={told.settled_at} />
              </Fact>
            )}
          </Facts>
          <Link
            href={`/billing/statement?job=${jobId}`}
            className="mt-4 inline-block rounded font-medium text-accent-ink hover:underline"
          >
            Every charge of this job
          </Link>
        </>
      )}
    </Loaded>
  );
}
