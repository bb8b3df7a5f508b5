import type { Schemas } from "@/api/client";
import { count, duration, words } from "@/lib/format";
import { Figure, Figures, Section } from "@/ui/page";
import { DataTable } from "@/ui/table";
import { dollars } from "./dollars";

type Usage = Schemas["UsageOut"];
type Called = { name: string; calls: number; tokens: string; cost: number };

/** What rows took of providers. Nothing is shown where they took nothing. */
export function Taken({ title, description, usage }: { title: string; description?: string; usage: Usage }) {
  const called = calledBy(usage);
  if (called.length === 0 && usage.cache_hits === 0) return null;
  return (
    <Section title={title} description={description}>
      <Figures className="mb-5">
        <Figure name="By price lists">{dollars(usage.cost_microusd)}</Figure>
        <Figure name="Rows">
          {count(usage.rows_enriched + usage.rows_degraded + usage.rows_failed + usage.rows_skipped)}
        </Figure>
        <Figure name="Known already" hint="answers">
          {count(usage.cache_hits)}
        </Figure>
        <Figure name="Time" hint="row by row">
          {duration(usage.duration_ms / 1_000)}
        </Figure>
      </Figures>
      {called.length > 0 && (
        <DataTable
          label={title}
          rows={called}
          id={(row) => row.name}
          columns={[
            { title: "Provider or model", cell: (row) => row.name },
            { title: "Calls", numeric: true, cell: (row) => count(row.calls) },
            { title: "Tokens", numeric: true, from: "sm", cell: (row) => row.tokens },
            { title: "Cost", numeric: true, cell: (row) => dollars(row.cost) },
          ]}
        />
      )}
    </Section>
  );
}

/** Providers, and in place of those whose calls are completions their models. */
function calledBy(usage: Usage): Called[] {
  const models = usage.models.map((model) => ({
    name: model.model,
    calls: model.calls,
    tokens: `${count(model.tokens_in)} in, ${count(model.tokens_out)} out`,
    cost: model.cost_microusd,
  }));
  const providers = usage.providers.map((provider) => ({
    name: words(provider.provider),
    calls: provider.calls,
    tokens: "",
    cost: provider.cost_microusd,
  }));
  return [...providers, ...models];
}
