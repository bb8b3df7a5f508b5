"use client";

import { $api, PAGED, type Schemas } from "@/api/client";
import { count, words } from "@/lib/format";
import { SidePanel } from "@/ui/dialog";
import { Loaded } from "@/ui/states";
import { DataTable } from "@/ui/table";
import type { UploadOut } from "./use-upload";
import { FINDINGS } from "./words";

type Item = Schemas["ProblemOut"];

/** The rows that one finding is about, numbered as the file numbers them. */
export function FindingRows({ upload, code, onClose }: { upload: UploadOut; code: string; onClose: () => void }) {
  const rows = $api.useInfiniteQuery(
    "get",
    "/v1/uploads/{upload_id}/problems",
    { params: { path: { upload_id: upload.id }, query: { code, limit: 50 } } },
    PAGED,
  );
  const finding = upload.findings.find((one) => one.code === code);
  return (
    <SidePanel open onClose={onClose} title={FINDINGS[code] ?? words(code)} description={finding?.advice}>
      <Loaded query={rows}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          const told = items.some((one) => one.value !== null || one.advice !== finding?.advice);
          return (
            <DataTable
              label="Rows"
              rows={items}
              id={(one) => `${one.row_no}.${one.column_index}`}
              more={rows}
              columns={[
                { title: "Row of the file", numeric: true, className: "w-28", cell: (one) => count(one.row) },
                { title: "Column", cell: (one) => one.column ?? <span className="text-ink-faint">Whole row</span> },
                ...(told
                  ? [
                      {
                        title: "What is there",
                        className: "break-all",
                        cell: (one: Item) => one.value ?? (one.advice === finding?.advice ? "–" : one.advice),
                      },
                    ]
                  : []),
              ]}
            />
          );
        }}
      </Loaded>
    </SidePanel>
  );
}
