"use client";

import { plural } from "@/lib/format";
import { DataTable } from "@/ui/table";
import type { Catalogue, Product } from "./catalogue";

/** What there is to offer. */
export function Products({ seen, onOpen }: { seen: Catalogue; onOpen: (id: string) => void }) {
  const rules = (product: Product) => seen.rules.filter((rule) => rule.product === product.id).length;
  return (
    <DataTable
      label="Products"
      rows={seen.products}
      id={(product) => product.id}
      onOpen={(product) => onOpen(product.id)}
      columns={[
        { title: "Product", cell: (product) => <span className="font-medium">{product.name}</span> },
        {
          title: "What a line offers",
          from: "sm",
          cell: (product) => <span className="line-clamp-2 text-ink-soft">{product.pitch || "—"}</span>,
        },
        { title: "Used by", numeric: true, cell: (product) => plural(rules(product), "rule") },
      ]}
    />
  );
}
