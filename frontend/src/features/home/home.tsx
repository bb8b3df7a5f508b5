"use client";

import { RecentJobs } from "@/features/jobs/recent-jobs";
import { ButtonLink } from "@/ui/button";
import { PageHeader, Section } from "@/ui/page";

export function Home() {
  return (
    <>
      <PageHeader
        title="Home"
        actions={
          <ButtonLink href="/upload" look="primary">
            New job
          </ButtonLink>
        }
      />
      <Section title="Recent jobs">
        <RecentJobs />
      </Section>
    </>
  );
}
