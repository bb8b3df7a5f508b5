"use client";

import { type FormEvent, useState } from "react";
import { $api, api, type Schemas } from "@/api/client";
import { useAction } from "@/api/use-action";
import { plural, words } from "@/lib/format";
import { Button } from "@/ui/button";
import { Field, Input, Select, Textarea } from "@/ui/field";
import { Failure, Loaded, Notice, Skeleton } from "@/ui/states";
import { type Row, rowsKey } from "../rows/read-rows";
import type { JobOut } from "../states";
import { JOB_KEY } from "../use-job";

type Wish = Schemas["RerunIn"];

/** The wishes for another go, what it would cost, and the go itself. What is left empty stays as it was ordered. */
export default function RerunForm({ job, row, onClose }: { job: JobOut; row: Row; onClose: () => void }) {
  const path = { job_id: job.id, row_no: row.row_no };
  const quote = $api.useQuery("get", "/v1/jobs/{job_id}/rows/{row_no}/rerun", { params: { path } });
  const options = $api.useQuery("get", "/v1/line-options", {}, { staleTime: Infinity });
  const [wish, setWish] = useState<Wish>({});
  const rerun = useAction(
    async (wanted: Wish, key) =>
      (
        await api.POST("/v1/jobs/{job_id}/rows/{row_no}/rerun", {
          body: wanted,
          params: { path, header: { "Idempotency-Key": key } },
        })
      ).data!,
    {
      quiet: true,
      done: `Row ${row.row_no} is being researched again. It changes here when it is done.`,
      onDone: onClose,
      refresh: [[...JOB_KEY], [...rowsKey(job.id)]],
    },
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    rerun.mutate(wish);
  };
  return (
    <form className="flex flex-col gap-4" onSubmit={submit}>
      <div className="grid gap-4 sm:grid-cols-3">
        <Field label="Tone">
          <Select
            value={wish.tone ?? ""}
            onChange={(event) => setWish({ ...wish, tone: (event.target.value || null) as Wish["tone"] })}
          >
            <option value="">As ordered</option>
            {options.data?.tones.map(({ name }) => (
              <option key={name} value={name}>
                {words(name)}
              </option>
            ))}
          </Select>
        </Field>
        <Field label="Language">
          <Select
            value={wish.language ?? ""}
            onChange={(event) => setWish({ ...wish, language: event.target.value || null })}
          >
            <option value="">As ordered</option>
            {options.data?.languages.map(({ code, name }) => (
              <option key={code} value={code}>
                {name}
              </option>
            ))}
          </Select>
        </Field>
        <Field label="Words at most">
          <Input
            type="number"
            inputMode="numeric"
            placeholder="As ordered"
            min={options.data?.min_words}
            max={options.data?.max_words}
            value={wish.max_words ?? ""}
            onChange={(event) => setWish({ ...wish, max_words: Number(event.target.value) || null })}
          />
        </Field>
      </div>
      <Field label="What you offer" aside="Optional">
        <Input
          placeholder="As ordered"
          value={wish.offer ?? ""}
          onChange={(event) => setWish({ ...wish, offer: event.target.value || null })}
        />
      </Field>
      <Field label="Rules of your own" aside="Optional" hint="In plain words; a column's name may stand in {braces}.">
        <Textarea
          placeholder="As ordered"
          maxLength={options.data?.max_line_rules_chars}
          value={wish.line_rules ?? ""}
          onChange={(event) => setWish({ ...wish, line_rules: event.target.value || null })}
        />
      </Field>
      <Loaded query={quote} skeleton={<Skeleton className="w-2/3" />}>
        {({ message }) => <Notice>{message}</Notice>}
      </Loaded>
      {rerun.error && <Failure error={rerun.error} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button size="sm" look="quiet" onClick={onClose}>
          Leave it
        </Button>
        <Button size="sm" look="primary" type="submit" busy={rerun.isPending} disabled={!quote.data}>
          {quote.data ? `Research again for ${plural(quote.data.credits, "credit")}` : "Research again"}
        </Button>
      </div>
    </form>
  );
}
