"use client";

import { $api } from "@/api/client";
import { asSentence } from "@/lib/sentences";
import { Field, Select } from "@/ui/field";
import { Notice } from "@/ui/states";

type Props = { listId: string; value: string; onChange: (id: string) => void };

/** Which template a list gets; what keeps it from being the list's first lead's mail is said before the start. */
export function TemplateChoice({ listId, value, onChange }: Props) {
  const templates = $api.useQuery("get", "/v1/templates", { params: { query: { limit: 100 } } });
  const tried = $api.useQuery(
    "post",
    "/v1/templates/preview",
    { body: { list_id: listId, ...(value === "" ? {} : { template_id: value }) } },
    { retry: false },
  );
  const all = templates.data?.items ?? [];
  const usual = all.find((one) => one.is_default);
  const [problem] = tried.data?.problems ?? [];
  return (
    <>
      <Field label="Template" hint={tried.data?.subject ? `“${tried.data.subject}”` : undefined}>
        <Select value={value} onChange={(event) => onChange(event.target.value)}>
          <option value="">{usual ? `${usual.name} (the usual one)` : "The usual one"}</option>
          {all
            .filter((one) => !one.is_default)
            .map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
        </Select>
      </Field>
      {problem && (
        <Notice tone="warn" title="This template does not suit the first lead of the list">
          {asSentence(problem.detail)}
        </Notice>
      )}
    </>
  );
}
