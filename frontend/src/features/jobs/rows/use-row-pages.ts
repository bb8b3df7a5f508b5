"use client";

import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Filter } from "./filters";
import { askedBy } from "./filters";
import { readRows, rowsKey } from "./read-rows";

const PAGE = 50;
const LOOKED_AT_AGAIN = 3;

/** The rows that a filter finds, or those of a trial or a retry, page by page. */
export function useRowPages(jobId: string, filter: Filter, done: number) {
  const queries = useQueryClient();
  const pages = useInfiniteQuery({
    queryKey: [...rowsKey(jobId), "found", filter],
    queryFn: ({ pageParam, signal }) =>
      readRows(jobId, { after: pageParam, limit: PAGE, asked: askedBy(filter), signal }),
    initialPageParam: 0,
    getNextPageParam: (page) => (page.next_cursor === null ? undefined : Number(page.next_cursor)),
    staleTime: 10_000,
  });
  useEffect(() => {
    void queries.invalidateQueries(
      {
        queryKey: [...rowsKey(jobId), "found"],
        predicate: ({ state }) => ((state.data as { pages?: unknown[] })?.pages?.length ?? 0) <= LOOKED_AT_AGAIN,
      },
      { cancelRefetch: false },
    );
  }, [queries, jobId, done]);
  return pages;
}
