"use client";

import { ArrowDown, ArrowUp } from "lucide-react";
import { api } from "@/api/client";
import { Badge } from "@/ui/badge";
import { IconButton } from "@/ui/button";
import { DataTable } from "@/ui/table";
import { type Catalogue, type Rule, said } from "./catalogue";
import { useChange, useMayChange } from "./use-catalogue";

/** The rules in their order; buttons move one up or down. */
export function Rules({ seen, onOpen }: { seen: Catalogue; onOpen: (id: string) => void }) {
  const may = useMayChange();
  const order = useChange(seen, (rules: string[], header) =>
    api.PUT("/v1/catalogue/rules/order", { body: { rules }, params: { header } }),
  );
  const ids = seen.rules.map((rule) => rule.id ?? "");
  const move = (from: number, to: number) => {
    const next = ids.toSpliced(from, 1);
    order.mutate(next.toSpliced(to, 0, ids[from] ?? ""));
  };
  const names = new Map(seen.products.map((product) => [product.id, product.name]));
  const place = (rule: Rule) => seen.rules.indexOf(rule);
  if (seen.rules.length === 0) {
    return (
      <p className="text-ink-soft">No rule yet: the model offers what fits best, where the row’s sources show it.</p>
    );
  }
  return (
    <DataTable
      label="Rules"
      rows={seen.rules}
      id={(rule) => rule.id ?? rule.name}
      onOpen={(rule) => onOpen(rule.id ?? "")}
      columns={[
        { title: "#", label: "Place", numeric: true, className: "w-8 text-ink-faint", cell: (rule) => place(rule) + 1 },
        { title: "Rule", cell: (rule) => <Told rule={rule} /> },
        { title: "Offers", from: "md", cell: (rule) => names.get(rule.product) ?? rule.product },
        {
          title: "",
          label: "Order",
          className: "w-20 text-right",
          cell: (rule) =>
            may && (
              <span className="inline-flex">
                <IconButton
                  label={`Try ${rule.name} earlier`}
                  disabled={place(rule) === 0 || order.isPending}
                  onClick={() => move(place(rule), place(rule) - 1)}
                >
                  <ArrowUp aria-hidden />
                </IconButton>
                <IconButton
                  label={`Try ${rule.name} later`}
                  disabled={place(rule) === ids.length - 1 || order.isPending}
                  onClick={() => move(place(rule), place(rule) + 1)}
                >
                  <ArrowDown aria-hidden />
                </IconButton>
              </span>
            ),
        },
      ]}
    />
  );
}

function Told({ rule }: { rule: Rule }) {
  return (
    <>
      <span className="font-medium">{rule.name}</span> {!rule.enabled && <Badge>Off</Badge>}
      <span className="line-clamp-2 text-[0.8125rem] text-ink-soft">
        {rule.conditions.length === 0 ? "Holds for every row" : rule.conditions.map(said).join(" · ")}
      </span>
    </>
  );
}
