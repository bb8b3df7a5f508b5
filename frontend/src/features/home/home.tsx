"use client";

import { RecentJobs } from "@/features/jobs/recent-jobs";
import { useMay } from "@/session/me";
import { ButtonLink } from "@/ui/button";
import { PageHeader, Section } from "@/ui/page";
import { Attention } from "./attention";
import { FirstSteps } from "./first-steps";
import { Today } from "./today";

/** What needs somebody, how the day goes, and the way on. */
export function Home() {
  const mayStart = useMay("jobs");
  return (
    <>
      <PageHeader
        title="Home"
        actions={
          mayStart && (
            <ButtonLink href="/upload" look="primary">
              New job
            </ButtonLink>
          )
        }
      />
      <Attention />
      <FirstSteps />
      <Today />
      <Section
        title="Recent jobs"
        actions={
          <ButtonLink href="/jobs" look="quiet" size="sm">
            All jobs
          </ButtonLink>
        }
      >
        <RecentJobs />
      </Section>
    </>
  );
}
