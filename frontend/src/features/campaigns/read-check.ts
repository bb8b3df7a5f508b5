import { authorised, type Schemas } from "@/api/client";
import { problemOf } from "@/api/problem";

export type Found = Schemas["CheckedRow"];
export type Told = { problems: Found[]; rows: number; of: number; result: Schemas["CheckOut"] | null };

/** So many problems are shown row by row; the counts are always those of all. */
const SHOWN = 500;

/** Has every row's mail made and tells, while it goes on, what has been found so far. The last word has the `result`. */
export async function readCheck(campaignId: string, tell: (told: Told) => void, left: AbortSignal): Promise<Told> {
  const response = await authorised(
    new Request(new URL(`/v1/campaigns/${campaignId}/check`, location.origin), {
      method: "POST",
      headers: { Accept: "application/x-ndjson" },
      signal: left,
    }),
  );
  if (!response.ok || !response.body) throw await problemOf(response);
  let told: Told = { problems: [], rows: 0, of: 0, result: null };
  let rest = "";
  const lines = response.body.pipeThrough(
    new TextDecoderStream() as ReadableWritablePair<string, Uint8Array<ArrayBuffer>>,
  );
  for (let reader = lines.getReader(), next = await reader.read(); !next.done; next = await reader.read()) {
    const parts = (rest + next.value).split("\n");
    rest = parts.pop() ?? "";
    told = parts.filter(Boolean).reduce(withLine, told);
    tell(told);
  }
  return rest ? withLine(told, rest) : told;
}

/** What was told before, and one line more. */
export function withLine(told: Told, line: string): Told {
  const said = JSON.parse(line) as {
    problem?: Found;
    progress?: { rows: number; of: number };
    result?: Schemas["CheckOut"];
  };
  if (said.problem)
    return told.problems.length < SHOWN ? { ...told, problems: [...told.problems, said.problem] } : told;
  if (said.progress) return { ...told, ...said.progress };
  return said.result ? { ...told, result: said.result } : told;
}
