"use client";

import { useSearchParams } from "next/navigation";
import { $api } from "@/api/client";
import { count, plural, words } from "@/lib/format";
import { useIdParam } from "@/lib/use-id-param";
import { ButtonLink } from "@/ui/button";
import { Fact, Facts, Section } from "@/ui/page";
import { Empty, Loaded } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { Instant } from "@/ui/time";

/** What one job held, was charged and gave back. */
export function Statement() {
  const job = useIdParam("job");
  const asked = Number(useSearchParams().get("after") ?? -1);
  // Parts are counted from 0: after none of them is after -1.
  const after = Number.isInteger(asked) ? asked : -1;
  if (job === null) return <Empty title="Which job?">Open this page from a job, or from the ledger.</Empty>;
  return <Of job={job} after={after} />;
}

function Of({ job, after }: { job: string; after: number }) {
  const statement = $api.useQuery("get", "/v1/credits/jobs/{job_id}", {
    params: { path: { job_id: job }, query: { limit: 100, after_chunk: after } },
  });
  return (
    <Loaded query={statement}>
      {(known) => (
        <>
          <Section
            title="Statement of a job"
            actions={
              <ButtonLink href={`/job?id=${job}`} size="sm">
                Open the job
              </ButtonLink>
            }
          >
            <Facts>
              <Fact name="State">{words(known.state)}</Fact>
              <Fact name="Held at first">
                <span className="num">{count(known.held_at_first)}</span>
              </Fact>
              <Fact name="Charged">
                <span className="num">{count(known.captured)}</span>
              </Fact>
              <Fact name="Given back">
                <span className="num">{count(known.released + known.refunded)}</span>
              </Fact>
              <Fact name="Still held">
                <span className="num">{count(known.held)}</span>
              </Fact>
              <Fact name="In all">
                <span className="font-medium num">{plural(known.total, "credit")}</span>
              </Fact>
              <Fact name="Opened">
                <Instant at={known.opened_at} />
              </Fact>
              {known.settled_at && (
                <Fact name="Settled">
                  <Instant at={known.settled_at} />
                </Fact>
              )}
            </Facts>
          </Section>
          <Section title="Charges" description="By parts of the sheet, as they were delivered.">
            {known.captures.length === 0 ? (
              <p className="text-ink-faint">Nothing has been charged.</p>
            ) : (
              <DataTable
                label="Charges"
                rows={known.captures}
                id={(one) => String(one.chunk_no)}
                columns={[
                  { title: "Part", cell: (one) => <span className="num">{count(one.chunk_no + 1)}</span> },
                  { title: "When", cell: (one) => <Instant at={one.at} /> },
                  { title: "Credits", numeric: true, cell: (one) => count(one.credits) },
                ]}
              />
            )}
            {known.next_chunk !== null && (
              <ButtonLink className="mt-3" size="sm" href={`/billing/statement?job=${job}&after=${known.next_chunk}`}>
                The next parts
              </ButtonLink>
            )}
          </Section>
        </>
      )}
    </Loaded>
  );
}
