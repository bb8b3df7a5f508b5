"use client";

import type { Schemas } from "@/api/client";
import { count, money } from "@/lib/format";
import { useMay } from "@/session/me";
import { Button } from "@/ui/button";
import { Section } from "@/ui/page";
import { DataTable } from "@/ui/table";
import { useCheckout } from "./use-checkout";

/** Credits beside the plan, bought once. */
export function Packs({ packs }: { packs: Schemas["PackAnswer"][] }) {
  const may = useMay("billing");
  const checkout = useCheckout();
  return (
    <Section title="Packs of credits" description="Bought once, spent after those of the plan.">
      <DataTable
        label="Packs"
        rows={packs}
        id={(pack) => pack.code}
        columns={[
          { title: "Pack", cell: (pack) => <span className="font-medium">{pack.name}</span> },
          { title: "Credits", numeric: true, cell: (pack) => count(pack.credits) },
          {
            title: "Last",
            from: "md",
            cell: (pack) => (pack.lasts_days === null ? "for ever" : `${count(pack.lasts_days)} days`),
          },
          {
            title: "Price",
            numeric: true,
            cell: (pack) => (pack.price ? money(pack.price.unit_amount_minor, pack.price.currency) : "not sold"),
          },
          {
            title: "",
            label: "What can be done",
            className: "text-right",
            cell: (pack) =>
              may &&
              pack.price && (
                <Button
                  size="sm"
                  aria-label={`Buy ${pack.name}`}
                  busy={checkout.isPending}
                  onClick={() => checkout.mutate({ pack: pack.code, quantity: 1 })}
                >
                  Buy
                </Button>
              ),
          },
        ]}
      />
    </Section>
  );
}
