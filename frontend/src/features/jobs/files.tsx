"use client";

import { $api } from "@/api/client";
import { Section } from "@/ui/page";
import { Empty, Loaded } from "@/ui/states";
import { Exports } from "./exports";
import { FinishedSheet } from "./finished-sheet";
import { NewExport } from "./new-export";
import { isEnded, type JobOut, takes } from "./states";

const WRITING_MS = 5_000;

/** The sheets of a job: the finished one, and those that were asked for. */
export default function Files({ job }: { job: JobOut }) {
  const files = $api.useQuery(
    "get",
    "/v1/jobs/{job_id}/exports",
    { params: { path: { job_id: job.id } } },
    {
      refetchInterval: ({ state }) => (state.data?.items.some((one) => one.state === "writing") ? WRITING_MS : false),
    },
  );
  return (
    <>
      {takes(job).download && <FinishedSheet job={job} />}
      <Section
        title="Other files"
        description={
          isEnded(job)
            ? "Sheets with the lines as they are now, or with the research in columns that people can read."
            : "A sheet of what there is so far; rows that are not done are empty in its last columns."
        }
        actions={<NewExport job={job} />}
      >
        <Loaded query={files}>
          {({ items }) => (items.length === 0 ? <Empty title="No file was asked for" /> : <Exports items={items} />)}
        </Loaded>
      </Section>
    </>
  );
}
