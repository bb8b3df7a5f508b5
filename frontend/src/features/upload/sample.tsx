import type { UploadOut } from "./use-upload";

/** The first rows as they stand in the file. */
export function Sample({ upload }: { upload: UploadOut }) {
  return (
    <div className="overflow-x-auto rounded-lg border" tabIndex={0} role="region" aria-label="First rows">
      <table className="border-separate border-spacing-0 text-left text-[0.8125rem]">
        <thead>
          <tr>
            {upload.columns.map((column) => (
              <th
                key={column.index}
                scope="col"
                className="border-b bg-sunken px-3 py-1.5 font-medium whitespace-nowrap"
              >
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {upload.sample.map((row, index) => (
            <tr key={index}>
              {row.map((cell, at) => (
                <td key={at} className="max-w-56 truncate border-b px-3 py-1.5 text-ink-soft">
                  {shown(cell)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A cell as text; nothing for a blank one. */
export function shown(cell: string | number | boolean | null | undefined): string {
  return cell === null || cell === undefined ? "" : String(cell);
}
