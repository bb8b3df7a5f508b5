"use client";

import dynamic from "next/dynamic";
import { useAddress } from "@/lib/use-address";
import { useIdParam } from "@/lib/use-id-param";
import { Badge } from "@/ui/badge";
import { ButtonLink } from "@/ui/button";
import { PageHeader } from "@/ui/page";
import { Empty, Loaded, Skeleton, SkeletonRows } from "@/ui/states";
import { Tabs } from "@/ui/tabs";
import { JobActions } from "./job-actions";
import { JobProgress } from "./job-progress";
import { Standstill } from "./standstill";
import { type JobOut, kindOf, takes } from "./states";
import { useJob } from "./use-job";

const loading = () => <SkeletonRows />;
const JobRows = dynamic(() => import("./rows/job-rows"), { loading });
const Timeline = dynamic(() => import("./timeline"), { loading });
const JobReceipt = dynamic(() => import("./job-receipt"), { loading });
const Files = dynamic(() => import("./files"), { loading });

const TABS = [
  { value: "rows", label: "Rows" },
  { value: "files", label: "Files" },
  { value: "receipt", label: "Receipt" },
  { value: "timeline", label: "Timeline" },
] as const;

/** One job, live: what it does, what came of each row, what it took, and its files. */
export function Job() {
  const id = useIdParam();
  if (id !== null) return <OneJob id={id} />;
  return (
    <>
      <PageHeader title="Job" back={{ href: "/jobs", label: "Jobs" }} />
      <Empty title="This address names no job" action={<ButtonLink href="/jobs">See all jobs</ButtonLink>} />
    </>
  );
}

function OneJob({ id }: { id: string }) {
  const job = useJob(id);
  if (job.data) return <Shown job={job.data} />;
  return (
    <>
      <PageHeader
        title={job.error ? "Job" : <Skeleton className="my-1.5 w-48" />}
        back={{ href: "/jobs", label: "Jobs" }}
      />
      <Loaded query={job}>{() => null}</Loaded>
    </>
  );
}

function Shown({ job }: { job: JobOut }) {
  const [said, change] = useAddress();
  const tabs = TABS.filter(({ value }) => value !== "files" || takes(job).files);
  const tab = tabs.find(({ value }) => value === said.get("tab"))?.value ?? "rows";
  return (
    <>
      <PageHeader
        title={
          <span className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
            <span className="min-w-0 break-all">{job.filename}</span>
            {kindOf(job) && <Badge>{kindOf(job)}</Badge>}
            {job.sandboxed && <Badge tone="warn">Sandbox</Badge>}
          </span>
        }
        back={
          job.kind === "retry" && job.root_id
            ? { href: `/job?id=${job.root_id}`, label: "The whole list" }
            : { href: "/jobs", label: "Jobs" }
        }
        actions={<JobActions job={job} />}
      />
      <JobProgress job={job} />
      <Standstill job={job} />
      <Tabs
        label="Parts of this job"
        value={tab}
        tabs={tabs}
        onChange={(value) => change({ tab: value === "rows" ? null : value })}
      />
      <div>
        {tab === "rows" && <JobRows job={job} />}
        {tab === "files" && <Files job={job} />}
        {tab === "receipt" && <JobReceipt job={job} />}
        {tab === "timeline" && <Timeline job={job} />}
      </div>
    </>
  );
}
