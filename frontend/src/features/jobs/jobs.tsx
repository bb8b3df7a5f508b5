"use client";

import { $api, PAGED } from "@/api/client";
import { count } from "@/lib/format";
import { useMay } from "@/session/me";
import { Badge } from "@/ui/badge";
import { Button, ButtonLink } from "@/ui/button";
import { PageHeader } from "@/ui/page";
import { Empty, Loaded } from "@/ui/states";
import { type Column, DataTable } from "@/ui/table";
import { Ago } from "@/ui/time";
import { JobFilters, type Kind, useJobFilters } from "./job-filters";
import { JobShare } from "./job-share";
import { JobState } from "./job-state";
import { type JobOut, countsOf, kindOf } from "./states";

const COLUMNS: Column<JobOut>[] = [
  {
    title: "File",
    className: "max-w-88",
    cell: (job) => (
      <span className="flex min-w-0 items-center gap-2">
        <span className="truncate">{job.filename}</span>
        {kindOf(job) && <Badge>{kindOf(job)}</Badge>}
        {job.sandboxed && <Badge tone="warn">Sandbox</Badge>}
      </span>
    ),
  },
  { title: "State", cell: (job) => <JobState state={job.state} /> },
  { title: "Rows", numeric: true, from: "sm", cell: (job) => <JobShare job={job} /> },
  { title: "Enriched", numeric: true, from: "lg", cell: (job) => count(countsOf(job).enriched) },
  { title: "Credits", numeric: true, from: "md", cell: (job) => count(job.credits_total) },
  { title: "Started", from: "md", cell: (job) => <Ago at={job.created_at} /> },
];

/** Every job of the workspace, the newest first. */
export function Jobs() {
  const filters = useJobFilters();
  const jobs = $api.useInfiniteQuery("get", "/v1/jobs", { params: { query: filters.query } }, PAGED);
  return (
    <>
      <PageHeader
        title="Jobs"
        description="Lists that are being researched, and those that are done."
        actions={<NewJob />}
      />
      <JobFilters filters={filters} />
      <Loaded query={jobs}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          if (rows.length === 0) return <NoJobs filters={filters} />;
          return (
            <DataTable
              label="Jobs"
              rows={rows}
              id={(job) => job.id}
              href={(job) => `/job?id=${job.id}`}
              columns={COLUMNS}
              more={jobs}
            />
          );
        }}
      </Loaded>
    </>
  );
}

function NewJob() {
  const may = useMay("jobs");
  if (!may) return null;
  return (
    <ButtonLink href="/upload" look="primary">
      New job
    </ButtonLink>
  );
}

const NONE: Record<Kind, [title: string, why: string]> = {
  all: ["No job yet", "Upload a list of leads: every row is researched and comes back with its sources."],
  list: ["No list yet", "Upload a list of leads: every row is researched and comes back with its sources."],
  retry: ["No retries", "When rows of a list fail, have just those researched again from the list's page."],
  trial: ["No trials", "Before you start a job you can try up to three of its rows, free."],
};

function NoJobs({ filters }: { filters: ReturnType<typeof useJobFilters> }) {
  const { kind, standing, file, clear } = filters;
  if (standing || file) {
    return (
      <Empty title="No such job" action={<Button onClick={clear}>Show all jobs</Button>}>
        None of this kind is in that state and has such a name.
      </Empty>
    );
  }
  const [title, why] = NONE[kind];
  return (
    <Empty title={title} action={<NewJob />}>
      {why}
    </Empty>
  );
}
