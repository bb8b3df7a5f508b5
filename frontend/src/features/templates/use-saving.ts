"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { api, type Schemas } from "@/api/client";
import { useAction } from "@/api/use-action";
import { type Words, sourceOf, wordsOf } from "./words";

type Template = Schemas["TemplateOut"];
type Wish = { words: Words; version: number | null };

/** Saves over the version that was seen. `theirs` is what somebody else saved meanwhile, until it is decided which stays. */
export function useSaving(
  saved: Template | null,
  { words, setWords }: { words: Words; setWords: (words: Words) => void },
) {
  const router = useRouter();
  const queries = useQueryClient();
  const [base, setBase] = useState(saved);
  const [theirs, setTheirs] = useState<Template | null>(null);
  const path = { template_id: base?.id ?? "" };
  const save = useAction(
    async ({ words: said, version }: Wish, key) => {
      const body = { name: said.name.trim(), ...sourceOf(said) };
      if (version === null) {
        return (await api.POST("/v1/templates", { body, params: { header: { "Idempotency-Key": key } } })).data!;
      }
      const header = { "If-Match": `"${version}"` };
      return (await api.PUT("/v1/templates/{template_id}", { body, params: { path, header } })).data!;
    },
    {
      quiet: true,
      done: (made) => (made.version === 1 ? "Template saved" : `Saved as version ${made.version}`),
      refresh: [
        ["get", "/v1/templates"],
        ["get", "/v1/templates/{template_id}/versions"],
      ],
      onDone: (made) => {
        setTheirs(null);
        setBase(made);
        setWords(wordsOf(made));
        queries.setQueryData(
          ["get", "/v1/templates/{template_id}", { params: { path: { template_id: made.id } } }],
          made,
        );
        if (base === null) router.replace(`/template?id=${made.id}`);
      },
      onRefused: ({ status }) => {
        if (status !== 412) return;
        void api
          .GET("/v1/templates/{template_id}", { params: { path } })
          .then(({ data }) => setTheirs(data ?? null))
          .catch(() => setTheirs(null));
      },
    },
  );
  const takeTheirs = () => {
    if (theirs === null) return;
    setBase(theirs);
    setWords(wordsOf(theirs));
    setTheirs(null);
    save.reset();
  };
  const saveMine = () => theirs && save.mutate({ words, version: theirs.version });
  return { base, save, theirs, takeTheirs, saveMine };
}
