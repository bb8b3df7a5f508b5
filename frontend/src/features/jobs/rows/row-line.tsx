import type { Schemas } from "@/api/client";
import { count } from "@/lib/format";
import { Badge } from "@/ui/badge";
import { Skeleton } from "@/ui/states";
import { RowState } from "../job-state";
import type { Row } from "./read-rows";
import { whoOf } from "./who";

export const CELLS =
  "grid grid-cols-[2.75rem_minmax(0,1fr)_auto] items-start gap-x-4 px-2 md:grid-cols-[3.5rem_minmax(0,14rem)_minmax(0,1fr)_7rem] lg:grid-cols-[3.5rem_minmax(0,13rem)_minmax(0,12rem)_minmax(0,1fr)_7rem]";

type Props = { rowNo: number; row: Row | null | undefined; columns: Schemas["UploadOut"]["columns"] | undefined };

/** The cells of one row: its number, who it is about, the line, and what came of it. */
export function RowLine({ rowNo, row, columns }: Props) {
  if (row === undefined) return <OnItsWay rowNo={rowNo} />;
  const { person, title, company } = whoOf(row?.cells, columns);
  return (
    <>
      <div role="gridcell" className="text-right text-ink-faint num">
        {count(rowNo)}
      </div>
      <div role="gridcell" className="min-w-0">
        <div className="truncate font-medium">{person || (row ? "No name" : "—")}</div>
        <div className="truncate text-[0.8125rem] text-ink-faint">
          <span className="lg:hidden">{company || title}</span>
          <span className="max-lg:hidden">{title}</span>
        </div>
      </div>
      <div role="gridcell" className="min-w-0 truncate max-lg:hidden">
        {company}
      </div>
      <div role="gridcell" className="line-clamp-2 min-w-0 text-ink-soft max-md:hidden">
        {row?.line ?? row?.reason ?? ""}
      </div>
      <div role="gridcell" className="flex flex-col items-start gap-0.5">
        <RowState status={row?.status ?? "pending"} />
        {row?.approved_at ? (
          <span className="text-[0.8125rem] text-good">Approved</span>
        ) : (
          row?.edited_at && <Badge>Edited</Badge>
        )}
      </div>
    </>
  );
}

function OnItsWay({ rowNo }: { rowNo: number }) {
  return (
    <>
      <div role="gridcell" className="text-right text-ink-faint num">
        {count(rowNo)}
      </div>
      <div role="gridcell">
        <Skeleton still className="mt-1 w-32 max-w-full" />
      </div>
      <div role="gridcell" className="max-lg:hidden">
        <Skeleton still className="mt-1 w-28 max-w-full" />
      </div>
      <div role="gridcell" className="max-md:hidden">
        <Skeleton still className="mt-1 w-4/5" />
      </div>
      <div role="gridcell">
        <Skeleton still className="mt-1 w-16" />
      </div>
    </>
  );
}
