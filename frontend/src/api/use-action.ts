"use client";

import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { randomId } from "@/lib/random";
import { toast } from "@/ui/toast";
import { asProblem, type Problem } from "./problem";

type Options<Answer> = {
  /** What is looked at again afterwards, by the beginnings of query keys: `["get", "/v1/jobs"]`. */
  refresh?: QueryKey[];
  onDone?: (answer: Answer) => void;
  onRefused?: (problem: Problem) => void;
  /** Said in a toast afterwards. */
  done?: string | ((answer: Answer) => string);
  /** The page shows the problem itself, beside the form. */
  quiet?: boolean;
};

/**
 * Something a person asks for by a click. `ask` gets the Idempotency-Key of this wish, which stays the same until it is known
 * what became of it: a second click after a lost connection cannot do it twice.
 */
export function useAction<Wish, Answer>(
  ask: (wish: Wish, key: string) => Promise<Answer>,
  options: Options<Answer> = {},
) {
  const queries = useQueryClient();
  const open = useRef<{ key: string; wish: string } | null>(null);
  return useMutation<Answer, Problem, Wish>({
    mutationFn: async (wish) => {
      const said = JSON.stringify(wish) ?? "";
      const key = open.current?.wish === said ? open.current.key : randomId();
      open.current = { key, wish: said };
      try {
        const answer = await ask(wish, key);
        open.current = null;
        return answer;
      } catch (error) {
        const problem = asProblem(error);
        if (problem.status >= 400 && problem.status < 500) open.current = null;
        throw problem;
      }
    },
    onSuccess: async (answer) => {
      const said = typeof options.done === "function" ? options.done(answer) : options.done;
      if (said) toast.done(said);
      options.onDone?.(answer);
      await Promise.all((options.refresh ?? []).map((queryKey) => queries.invalidateQueries({ queryKey })));
    },
    onError: (problem) => {
      if (!options.quiet) toast.problem(problem);
      options.onRefused?.(problem);
    },
  });
}
