import { Fact, Facts } from "@/ui/page";
import type { Row } from "../rows/read-rows";
import { Part } from "./part";

/** What stood in the row of the sheet. */
export function Cells({ cells }: { cells: Row["cells"] }) {
  const filled = Object.entries(cells ?? {}).filter(([, value]) => value !== "");
  if (filled.length === 0) return null;
  return (
    <Part title="From your sheet" folded>
      <Facts>
        {filled.map(([name, value]) => (
          <Fact key={name} name={name}>
            {value}
          </Fact>
        ))}
      </Facts>
    </Part>
  );
}
