"use client";

import { $api, type Schemas } from "@/api/client";
import { words } from "@/lib/format";
import { Status } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Section } from "@/ui/page";
import { Loaded, Notice } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { Instant } from "@/ui/time";

/** Whether the books of the workspace agree with each other, found out now. */
export function Proof() {
  const proof = $api.useQuery("get", "/v1/credits/proof", {}, { staleTime: 0 });
  return (
    <Section
      title="Proof"
      description="Entries, balances, grants and holds are compared with each other, and the chain of entries is checked for gaps."
      actions={
        <Button busy={proof.isFetching} onClick={() => void proof.refetch()}>
          Prove again
        </Button>
      }
    >
      <Loaded query={proof}>
        {(known) => (
          <>
            {!known.holds && (
              <Notice tone="bad" className="mb-4" title="The books differ">
                Whoever runs Corofy has been told. Nothing is blocked, and nothing is lost: the entries say what
                happened.
              </Notice>
            )}
            <Checks checks={known.checks} />
            {known.last_run && (
              <p className="mt-4 text-ink-faint">
                Last nightly run: <Instant at={known.last_run.proved_at} />,{" "}
                {known.last_run.holds ? "everything agreed" : "something differed"}.
              </p>
            )}
          </>
        )}
      </Loaded>
    </Section>
  );
}

function Checks({ checks }: { checks: Schemas["CheckAnswer"][] }) {
  return (
    <DataTable
      label="Checks"
      rows={checks}
      id={(check) => check.name}
      columns={[
        { title: "What is compared", cell: (check) => words(check.name) },
        { title: "Found", from: "md", cell: (check) => <span className="text-ink-soft">{check.found}</span> },
        {
          title: "",
          label: "Whether it holds",
          className: "text-right",
          cell: (check) => <Status tone={check.holds ? "good" : "bad"}>{check.holds ? "Holds" : "Differs"}</Status>,
        },
      ]}
    />
  );
}
