"use client";

import { useQueries, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { asProblem, type Problem } from "@/api/problem";
import { type Row, readRows, rowsKey } from "./read-rows";

const BLOCK = 50;
const SETTLED_MS = 90;
const KEPT_MS = 120_000;

type List = { total: number; done: number };

/**
 * The rows of a whole list around the ones that are seen, by their numbers: any place of a long list is a request away. The
 * blocks beside them come as well, and what was scrolled past before it came is not waited for. Rows without an outcome are
 * missing. Blocks that are not full are looked at again as `done` rises.
 */
export function useRowBlocks(jobId: string, { total, done }: List) {
  const queries = useQueryClient();
  const [wanted, setWanted] = useState("0-0");
  const [from, to] = useSettled(wanted).split("-").map(Number) as [number, number];
  const blocks = [...range(from, to), to + 1, from - 1].filter((block) => block >= 0 && block <= blockOf(total));
  const keyOf = (block: number) => [...rowsKey(jobId), "block", block];
  const found = useQueries({
    queries: blocks.map((block) => ({
      queryKey: keyOf(block),
      queryFn: async ({ signal }: { signal: AbortSignal }) => {
        const page = await readRows(jobId, { after: block * BLOCK, limit: BLOCK, signal });
        return page.items.filter((row) => blockOf(row.row_no) === block);
      },
      gcTime: KEPT_MS,
      staleTime: Infinity,
    })),
  });
  useEffect(() => {
    void queries.invalidateQueries(
      {
        queryKey: [...rowsKey(jobId), "block"],
        predicate: ({ state }) => Array.isArray(state.data) && state.data.length < BLOCK,
      },
      { cancelRefetch: false },
    );
  }, [queries, jobId, done]);
  // The page is drawn again only where other blocks are wanted.
  const see = useCallback((first: number, last: number) => setWanted(`${blockOf(first)}-${blockOf(last)}`), []);
  // Read here, so that the page is drawn again when they come.
  const arrived = new Map(blocks.map((block, index) => [block, found[index]?.data]));
  const error: Problem | undefined = found
    .map((one) => one.error)
    .filter(Boolean)
    .map(asProblem)[0];
  return {
    /** The row; null when it has no outcome; undefined when it is on its way. */
    rowAt: (rowNo: number): Row | null | undefined => {
      const block = blockOf(rowNo);
      const rows = arrived.get(block) ?? queries.getQueryData<Row[]>(keyOf(block));
      return rows && (rows.find((row) => row.row_no === rowNo) ?? null);
    },
    /** Says between which row numbers the page is now. */
    see,
    error,
    retry: () => void queries.invalidateQueries({ queryKey: rowsKey(jobId) }),
  };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function blockOf(rowNo: number): number {
  return Math.floor((rowNo - 1) / BLOCK);
}

/** What was wished when nothing else has been wished for a moment: a scrollbar that is dragged asks for its end only. */
function useSettled(wish: string): string {
  const [settled, setSettled] = useState(wish);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(wish), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [wish]);
  return settled;
}
