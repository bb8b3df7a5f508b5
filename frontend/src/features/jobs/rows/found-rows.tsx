"use client";

import { useCallback, useEffect, useState } from "react";
import type { Schemas } from "@/api/client";
import { useThrottled } from "@/lib/use-throttled";
import { Empty, Loaded } from "@/ui/states";
import type { JobOut } from "../states";
import type { Filter } from "./filters";
import { RowGrid } from "./row-grid";
import { useRowPages } from "./use-row-pages";

const AHEAD = 15;
const LOOKED_AT_MS = 2_500;

type Props = {
  job: JobOut;
  filter: Filter;
  columns: Schemas["UploadOut"]["columns"] | undefined;
  onOpen: (rowNo: number) => void;
};

/** The rows that a filter finds; more of them come as their end is near. */
export function FoundRows({ job, filter, columns, onOpen }: Props) {
  const pages = useRowPages(job.id, filter, useThrottled(job.rows_done, LOOKED_AT_MS));
  const [end, setEnd] = useState(0);
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && end + AHEAD >= rows.length) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, end, rows.length]);
  const see = useCallback((_: number, last: number) => setEnd(last), []);
  return (
    <Loaded query={pages}>
      {() =>
        rows.length === 0 && !hasNextPage ? (
          <Empty title={filter === "unapproved" ? "Every line is approved" : "No such row"} />
        ) : (
          <RowGrid
            label="Rows"
            count={rows.length}
            numberAt={(place) => rows[place]?.row_no ?? 0}
            rowAt={(place) => rows[place]}
            columns={columns}
            onOpen={onOpen}
            onSeen={see}
          />
        )
      }
    </Loaded>
  );
}
