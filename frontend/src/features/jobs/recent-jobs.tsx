"use client";

import { $api } from "@/api/client";
import { count } from "@/lib/format";
import { Status } from "@/ui/badge";
import { ButtonLink } from "@/ui/button";
import { Empty, Loaded } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { Ago } from "@/ui/time";
import { stateOf } from "./states";

export function RecentJobs() {
  const jobs = $api.useQuery("get", "/v1/jobs", { params: { query: { limit: 5 } } });
  return (
    <Loaded query={jobs}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty
            title="No job yet"
            action={
              <ButtonLink href="/upload" look="primary">
                Upload a list
              </ButtonLink>
            }
          >
            Upload a list of leads; every row is researched, with its sources.
          </Empty>
        ) : (
          <DataTable
            label="Recent jobs"
            rows={items}
            id={(job) => job.id}
            href={(job) => `/job?id=${job.id}`}
            columns={[
              { title: "File", cell: (job) => job.filename },
              {
                title: "State",
                cell: (job) => {
                  const { label, tone, live } = stateOf(job.state);
                  return (
                    <Status tone={tone} live={live}>
                      {label}
                    </Status>
                  );
                },
              },
              {
                title: "Rows",
                numeric: true,
                from: "sm",
                cell: (job) => `${count(job.rows_done)} / ${count(job.rows_total)}`,
              },
              { title: "Started", from: "md", cell: (job) => <Ago at={job.created_at} /> },
            ]}
          />
        )
      }
    </Loaded>
  );
}
