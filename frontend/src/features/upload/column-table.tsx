import { Select } from "@/ui/field";
import { DataTable } from "@/ui/table";
import { shown } from "./sample";
import type { UploadOut } from "./use-upload";
import { ROLES, SUGGESTED_BY } from "./words";

type Props = {
  upload: UploadOut;
  mapping: Record<string, number>;
  choose?: (column: number, role: string | null) => void;
};

/** Every column with some of what is in it, and what it is used as. */
export function ColumnTable({ upload, mapping, choose }: Props) {
  const roleOf = new Map(Object.entries(mapping).map(([role, index]) => [index, role]));
  const examples = (index: number) =>
    [...new Set(upload.sample.map((row) => shown(row[index])).filter((text) => text.trim() !== ""))].slice(0, 3);
  return (
    <DataTable
      label="Columns"
      rows={upload.columns}
      id={(column) => String(column.index)}
      columns={[
        {
          title: "Column",
          className: "max-w-0 w-full md:w-1/3",
          cell: (column) => (
            <>
              <div className="truncate font-medium">{column.name}</div>
              <div className="truncate text-[0.8125rem] text-ink-faint md:hidden">
                {examples(column.index)[0] ?? "Empty"}
              </div>
            </>
          ),
        },
        {
          title: "Examples",
          from: "md",
          className: "max-w-0 w-1/2",
          cell: (column) => (
            <div className="truncate text-ink-soft">
              {examples(column.index).join(" · ") || <span className="text-ink-faint">Empty</span>}
            </div>
          ),
        },
        {
          title: "Used as",
          className: "py-1.5",
          cell: (column) => {
            const role = roleOf.get(column.index);
            const by = role && upload.mapping[role] === column.index ? upload.suggested_by[role] : undefined;
            return (
              <div className="flex items-center gap-3">
                <Select
                  aria-label={`${column.name} is used as`}
                  className="w-40 shrink-0 max-sm:w-36"
                  disabled={choose === undefined}
                  value={role ?? ""}
                  onChange={(event) => choose?.(column.index, event.target.value || null)}
                >
                  <option value="">Not used</option>
                  {Object.entries(ROLES).map(([name, label]) => (
                    <option key={name} value={name}>
                      {label}
                    </option>
                  ))}
                </Select>
                <span className="w-28 text-[0.8125rem] text-ink-faint max-lg:hidden">{SUGGESTED_BY[by ?? ""]}</span>
              </div>
            );
          },
        },
      ]}
    />
  );
}
