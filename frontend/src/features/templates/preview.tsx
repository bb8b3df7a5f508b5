"use client";

import { keepPreviousData } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { $api } from "@/api/client";
import { useDebounced } from "@/lib/use-debounced";
import { Failure, SkeletonRows } from "@/ui/states";
import { MailView } from "./mail-view";
import { PreviewFor, type Whom } from "./preview-for";
import { type Words, sourceOf } from "./words";

const TYPING_MS = 400;

type Props = {
  words: Words;
  onFields: (fields: readonly string[]) => void;
  /** A field is to have another name; left out for who may not change the words. */
  onMend?: (from: string, to: string) => void;
};

/** The mail that the words make for a lead, a moment after they were typed, with all that speaks against sending it. */
export function Preview({ words, onFields, onMend }: Props) {
  const [whom, setWhom] = useState<Whom>({ list: null, row: null });
  const source = useDebounced(sourceOf(words), TYPING_MS);
  const complete = source.subject !== "" && (source.text_body || source.html_body) !== null;
  const preview = $api.useQuery(
    "post",
    "/v1/templates/preview",
    { body: { source, ...(whom.list === null ? {} : { list_id: whom.list, row_no: whom.row }) } },
    { enabled: complete, placeholderData: keepPreviousData, retry: false, staleTime: 60_000 },
  );
  const fields = preview.data?.fields;
  useEffect(() => {
    if (fields) onFields(fields);
  }, [fields, onFields]);
  return (
    <section aria-label="Preview" className="min-w-0 xl:sticky xl:top-6 xl:self-start">
      <PreviewFor value={whom} shown={preview.data} onChange={setWhom} />
      {!complete && <p className="text-ink-soft">Write a subject and a text to see the mail.</p>}
      {complete && preview.error && <Failure error={preview.error} retry={() => void preview.refetch()} />}
      {complete && !preview.error && (
        <div aria-live="polite">
          {preview.data ? <MailView mail={preview.data} onMend={onMend} /> : <SkeletonRows rows={5} />}
        </div>
      )}
    </section>
  );
}
