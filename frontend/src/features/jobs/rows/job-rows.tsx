"use client";

import dynamic from "next/dynamic";
import { useCallback, useRef } from "react";
import { $api } from "@/api/client";
import { useAddress } from "@/lib/use-address";
import { Choices } from "@/ui/field";
import type { JobOut } from "../states";
import { AllRows } from "./all-rows";
import { type Filter, filterNamed, filtersOf } from "./filters";
import { FoundRows } from "./found-rows";
import { GoToRow } from "./go-to-row";
import type { RowGridHandle } from "./row-grid";

const RowPanel = dynamic(() => import("../row/row-panel"), { ssr: false });

/** Every row of a job with what came of it, as it comes; one of them opened beside the list. */
export default function JobRows({ job }: { job: JobOut }) {
  const [said, change] = useAddress();
  const filter = filterNamed(said.get("show"));
  const opened = Number(said.get("row")) || null;
  const grid = useRef<RowGridHandle>(null);
  const upload = $api.useQuery(
    "get",
    "/v1/uploads/{upload_id}",
    { params: { path: { upload_id: job.upload_id } } },
    { staleTime: 600_000, retry: false },
  );
  const open = useCallback((rowNo: number | null) => change({ row: rowNo === null ? null : String(rowNo) }), [change]);
  const isWhole = filter === "all" && job.kind === "list";
  const shared = { job, columns: upload.data?.columns, onOpen: open };
  return (
    <section aria-label="Rows">
      <div className="mb-3 flex flex-wrap items-center justify-between gap-3">
        <div className="-mx-1 max-w-full overflow-x-auto px-1 py-0.5">
          <Choices<Filter>
            label="Rows to show"
            value={filter}
            options={filtersOf(job, filter)}
            onChange={(value) => change({ show: value === "all" ? null : value })}
          />
        </div>
        {isWhole && job.rows_total > 30 && (
          <GoToRow last={job.rows_total} onGo={(rowNo) => grid.current?.go(rowNo - 1)} />
        )}
      </div>
      {isWhole ? <AllRows {...shared} grid={grid} /> : <FoundRows key={filter} {...shared} filter={filter} />}
      {opened !== null && (
        <RowPanel
          job={job}
          rowNo={opened}
          columns={upload.data?.columns}
          last={job.kind === "list" ? job.rows_total : null}
          onGo={open}
          onClose={() => open(null)}
        />
      )}
    </section>
  );
}
