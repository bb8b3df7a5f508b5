"use client";

import { type Ref, useCallback } from "react";
import type { Schemas } from "@/api/client";
import { useThrottled } from "@/lib/use-throttled";
import { Failure } from "@/ui/states";
import type { JobOut } from "../states";
import { RowGrid, type RowGridHandle } from "./row-grid";
import { useRowBlocks } from "./use-row-blocks";

const LOOKED_AT_MS = 1_500;

type Props = {
  job: JobOut;
  columns: Schemas["UploadOut"]["columns"] | undefined;
  onOpen: (rowNo: number) => void;
  grid: Ref<RowGridHandle>;
};

/** The whole list in its order, also the rows that are not done. */
export function AllRows({ job, columns, onOpen, grid }: Props) {
  const done = useThrottled(job.rows_done, LOOKED_AT_MS);
  const { rowAt, see, error, retry } = useRowBlocks(job.id, { total: job.rows_total, done });
  const seePlaces = useCallback((first: number, last: number) => see(first + 1, last + 1), [see]);
  return (
    <>
      {error && <Failure error={error} retry={retry} className="mb-3" />}
      <RowGrid
        label="Rows"
        count={job.rows_total}
        numberAt={(place) => place + 1}
        rowAt={(place) => rowAt(place + 1)}
        columns={columns}
        onOpen={onOpen}
        onSeen={seePlaces}
        handle={grid}
      />
    </>
  );
}
