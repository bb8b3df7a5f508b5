"use client";

import { $api, PAGED } from "@/api/client";
import { count } from "@/lib/format";
import { useAddress } from "@/lib/use-address";
import { useMay } from "@/session/me";
import { Badge } from "@/ui/badge";
import { ButtonLink } from "@/ui/button";
import { Choices } from "@/ui/field";
import { PageHeader } from "@/ui/page";
import { Empty, Loaded } from "@/ui/states";
import { type Column, DataTable } from "@/ui/table";
import { Ago } from "@/ui/time";
import { JobShare } from "./job-share";
import { JobState } from "./job-state";
import { type JobOut, countsOf, kindOf } from "./states";

const KINDS = [
  { value: "all", label: "All" },
  { value: "list", label: "Lists" },
  { value: "retry", label: "Retries" },
  { value: "trial", label: "Trials" },
] as const;
type Kind = (typeof KINDS)[number]["value"];

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
  const [said, change] = useAddress();
  const kind = KINDS.find(({ value }) => value === said.get("kind"))?.value ?? "all";
  const jobs = $api.useInfiniteQuery("get", "/v1/jobs", { params: { query: kind === "all" ? {} : { kind } } }, PAGED);
  return (
    <>
      <PageHeader
        title="Jobs"
        description="Lists that are being researched, and those that are done."
        actions={<NewJob />}
      />
      <div className="mb-4">
        <Choices
          label="Kind of job"
          value={kind}
          options={KINDS}
          onChange={(value) => change({ kind: value === "all" ? null : value })}
        />
      </div>
      <Loaded query={jobs}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          if (rows.length === 0) return <NoJobs kind={kind} />;
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

function NoJobs({ kind }: { kind: Kind }) {
  const [title, why] = NONE[kind];
  return (
    <Empty title={title} action={<NewJob />}>
      {why}
    </Empty>
  );
}
