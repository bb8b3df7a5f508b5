"use client";

import { $api, type Schemas } from "@/api/client";
import { Checkbox } from "@/ui/field";
import { Loaded } from "@/ui/states";

type Event = Schemas["NewWebhook"]["events"][number];

/** Which events are told, each with what it is and an example of its message. */
export function EventChoice({ value, onChange }: { value: readonly Event[]; onChange: (value: Event[]) => void }) {
  const events = $api.useQuery("get", "/v1/webhook-events", {}, { staleTime: Infinity });
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1.5 text-sm font-medium">Tell it of</legend>
      <Loaded query={events}>
        {({ items }) =>
          items.map(({ type, description, example }) => (
            <div key={type}>
              <Checkbox
                label={<code className="font-mono text-[0.8125rem]">{type}</code>}
                hint={description.replaceAll("`", "")}
                checked={value.includes(type)}
                onChange={(event) =>
                  onChange(event.target.checked ? [...value, type] : value.filter((one) => one !== type))
                }
              />
              {value.includes(type) && (
                <details className="mt-1 ml-6.5 text-[0.8125rem] text-ink-soft">
                  <summary>What is sent</summary>
                  <pre
                    tabIndex={0}
                    aria-label={`Example of ${type}`}
                    className="mt-1 overflow-x-auto rounded-md bg-sunken p-2 font-mono text-xs"
                  >
                    {JSON.stringify(example, null, 2)}
                  </pre>
                </details>
              )}
            </div>
          ))
        }
      </Loaded>
    </fieldset>
  );
}
