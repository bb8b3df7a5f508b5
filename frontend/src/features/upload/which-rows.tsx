import { count, plural } from "@/lib/format";
import { Checkbox, Field, Input } from "@/ui/field";
import type { Order } from "./use-order";
import type { Quote } from "./use-quote";

type Props = { order: Order; change: (part: Partial<Order>) => void; quote: Quote | undefined };

/** Which rows of the list, and how much it may cost. */
export function WhichRows({ order, change, quote }: Props) {
  const known = quote?.findings === "done";
  return (
    <div className="flex flex-col gap-4">
      <Checkbox
        label="Skip rows that repeat one further up"
        hint={known ? plural(quote.rows_duplicate, "row repeats another", "rows repeat another") + "." : undefined}
        checked={order.skip_duplicates}
        onChange={(event) => change({ skip_duplicates: event.target.checked })}
      />
      <Checkbox
        label="Skip leads from earlier jobs"
        hint={known ? plural(quote.rows_known, "row has", "rows have") + " a lead that an earlier job had." : undefined}
        checked={order.skip_known}
        onChange={(event) => change({ skip_known: event.target.checked })}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Only the first rows" aside="Optional" hint={quote && `The list has ${count(quote.rows)}.`}>
          <NumberInput
            value={order.first_rows}
            placeholder="All"
            max={quote?.rows}
            onChange={(first_rows) => change({ first_rows })}
          />
        </Field>
        <Field label="Spend at most" aside="Optional" hint="In credits. The job waits for you when they are used up.">
          <NumberInput
            value={order.ceiling_credits}
            placeholder="No ceiling"
            onChange={(ceiling_credits) => change({ ceiling_credits })}
          />
        </Field>
      </div>
    </div>
  );
}

type NumberProps = {
  id?: string;
  value: number | null | undefined;
  placeholder: string;
  max?: number;
  onChange: (value: number | null) => void;
};

function NumberInput({ value, onChange, ...rest }: NumberProps) {
  return (
    <Input
      {...rest}
      type="number"
      inputMode="numeric"
      min={1}
      step={1}
      className="num"
      value={value ?? ""}
      onChange={(event) => {
        const wanted = Math.trunc(Number(event.target.value));
        onChange(event.target.value === "" || wanted < 1 ? null : wanted);
      }}
    />
  );
}
