"use client";

import { $api, PAGED } from "@/api/client";
import { count, day, money, words } from "@/lib/format";
import { Status } from "@/ui/badge";
import { Section } from "@/ui/page";
import { Empty, Loaded } from "@/ui/states";
import { DataTable } from "@/ui/table";

export function Invoices() {
  const invoices = $api.useInfiniteQuery("get", "/v1/billing/invoices", { params: { query: { limit: 20 } } }, PAGED);
  return (
    <Section title="Invoices">
      <Loaded query={invoices}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          if (rows.length === 0)
            return <Empty title="No invoice yet">They appear here when you have bought something.</Empty>;
          return (
            <DataTable
              label="Invoices"
              rows={rows}
              id={(one) => one.id}
              more={invoices}
              columns={[
                { title: "Number", cell: (one) => <span className="font-medium whitespace-nowrap">{one.number}</span> },
                { title: "Issued", from: "sm", cell: (one) => day(new Date(one.issued_at)) },
                {
                  title: "State",
                  from: "sm",
                  cell: (one) => <Status tone={one.status === "paid" ? "good" : "warn"}>{words(one.status)}</Status>,
                },
                { title: "Credits", numeric: true, from: "md", cell: (one) => count(one.granted_credits) },
                { title: "Total", numeric: true, cell: (one) => money(one.total_minor, one.currency) },
                {
                  title: "",
                  label: "Documents",
                  className: "text-right",
                  cell: (one) => (
                    <span className="inline-flex gap-3">
                      {one.hosted_url && (
                        <a
                          className="text-accent-ink hover:underline"
                          href={one.hosted_url}
                          rel="noreferrer"
                          target="_blank"
                        >
                          Open
                        </a>
                      )}
                      {one.pdf_url && (
                        <a
                          className="text-accent-ink hover:underline"
                          href={one.pdf_url}
                          rel="noreferrer"
                          target="_blank"
                        >
                          PDF
                        </a>
                      )}
                    </span>
                  ),
                },
              ]}
            />
          );
        }}
      </Loaded>
    </Section>
  );
}
