"use client";

import { type Ref, useCallback, useEffect, useImperativeHandle, useRef, useState } from "react";
import type { Schemas } from "@/api/client";
import { count } from "@/lib/format";
import { useThrottled } from "@/lib/use-throttled";
import { Button } from "@/ui/button";
import { Failure } from "@/ui/states";
import { Tabs } from "@/ui/tabs";
import type { JobOut } from "../states";
import { PART, partOf, partsOf } from "./parts";
import { RowGrid, type RowGridHandle } from "./row-grid";
import { useRowBlocks } from "./use-row-blocks";

const LOOKED_AT_MS = 1_500;

type Props = {
  job: JobOut;
  columns: Schemas["UploadOut"]["columns"] | undefined;
  onOpen: (rowNo: number) => void;
  grid: Ref<RowGridHandle>;
};

/** The whole list in its order, also the rows that are not done; a very long one in parts. */
export function AllRows({ job, columns, onOpen, grid }: Props) {
  const done = useThrottled(job.rows_done, LOOKED_AT_MS);
  const { rowAt, see, error, retry } = useRowBlocks(job.id, { total: job.rows_total, done });
  const [part, setPart] = useState(0);
  const shown = useRef<RowGridHandle>(null);
  const wanted = useRef<number | null>(null);
  const parts = partsOf(job.rows_total);
  const above = part * PART;

  const go = (place: number) => {
    wanted.current = place;
    if (partOf(place) === part) arrive();
    else setPart(partOf(place));
  };
  const arrive = useCallback(() => {
    if (wanted.current === null) return;
    shown.current?.go(wanted.current - above);
    wanted.current = null;
  }, [above]);
  useEffect(arrive, [arrive]);
  useImperativeHandle(grid, () => ({ go }));

  const seePlaces = useCallback(
    (first: number, last: number) => see(above + first + 1, above + last + 1),
    [see, above],
  );
  const next = parts[part + 1];
  return (
    <>
      {error && <Failure error={error} retry={retry} className="mb-3" />}
      {parts.length > 1 && (
        <Tabs
          label="Part of the list"
          value={String(part)}
          tabs={parts.map(({ first, last }, nth) => ({
            value: String(nth),
            label: `${count(first + 1)} to ${count(last + 1)}`,
          }))}
          onChange={(nth) => go(Number(nth) * PART)}
        />
      )}
      <RowGrid
        label="Rows"
        count={Math.min(PART, job.rows_total - above)}
        part={{ of: job.rows_total, above, onLeave: (place) => go(above + place) }}
        numberAt={(place) => above + place + 1}
        rowAt={(place) => rowAt(above + place + 1)}
        columns={columns}
        onOpen={onOpen}
        onSeen={seePlaces}
        handle={shown}
      />
      {next && (
        <Button className="mt-4" onClick={() => go(next.first)}>
          Rows {count(next.first + 1)} to {count(next.last + 1)}
        </Button>
      )}
    </>
  );
}
