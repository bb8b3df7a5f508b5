"use client";

import type { Schemas } from "@/api/client";
import { count, plural } from "@/lib/format";
import { Badge } from "@/ui/badge";
import { Section } from "@/ui/page";
import { Empty } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { BuyLeads } from "./buy-leads";
import type { Filters } from "./filters";

type Answer = Schemas["SearchOut"];

const ADDRESS = { true: "Yes", false: "No", null: "Not known" };

/** Who was found: the first of them, masked, and the price of the addresses. */
export function Found({ filters, found }: { filters: Filters; found: Answer }) {
  if (found.total === 0) {
    return (
      <div className="pb-6">
        <Empty title="Nobody matches">Take a filter away, or add more values to one.</Empty>
      </div>
    );
  }
  return (
    <Section
      className="first-of-type:border-t first-of-type:pt-6"
      title={
        <>
          {plural(found.total, "person matches", "people match")}{" "}
          {found.sandboxed && <Badge tone="warn">Sandbox</Badge>}
        </>
      }
      description={
        found.total > found.people.length
          ? `The first ${count(found.people.length)}. Last names are hidden until you get their addresses.`
          : "Last names are hidden until you get their addresses."
      }
    >
      <div className="grid gap-x-12 gap-y-8 lg:grid-cols-[minmax(0,1fr)_19rem]">
        <DataTable
          label="People found"
          rows={found.people.map((person, index) => ({ ...person, index }))}
          id={(person) => String(person.index)}
          columns={[
            {
              title: "Name",
              cell: (person) => (
                <>
                  <div className="font-medium">{`${person.first_name} ${person.last_name}`}</div>
                  <div className="text-[0.8125rem] text-ink-faint sm:hidden">{person.title}</div>
                </>
              ),
            },
            { title: "Job title", from: "sm", cell: (person) => person.title },
            { title: "Company", cell: (person) => person.company },
            {
              title: "Address",
              from: "md",
              cell: (person) => ADDRESS[String(person.has_email) as keyof typeof ADDRESS],
            },
          ]}
        />
        <BuyLeads filters={filters} found={found} />
      </div>
    </Section>
  );
}
