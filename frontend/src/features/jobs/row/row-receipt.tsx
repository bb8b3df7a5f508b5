import { count, duration, words } from "@/lib/format";
import { Fact, Facts } from "@/ui/page";
import { dollars } from "../dollars";
import type { Row } from "../rows/read-rows";
import { Part } from "./part";

/** What the row took: time, calls, tokens and what providers take for them. */
export function RowReceipt({ receipt }: { receipt: Row["receipt"] }) {
  const figure = (name: string) => (typeof receipt?.[name] === "number" ? receipt[name] : 0);
  const calls = Object.entries((receipt?.provider_calls ?? {}) as Record<string, number>);
  if (!receipt || figure("attempts") === 0) return null;
  const isSandboxed = receipt.sandboxed === true;
  return (
    <Part title="What it took" aside={dollars(figure("cost_microusd"))} folded>
      <Facts>
        <Fact name="Time">{duration(figure("duration_ms") / 1_000)}</Fact>
        <Fact name="Attempts">{count(figure("attempts"))}</Fact>
        {calls.map(([provider, times]) => (
          <Fact key={provider} name={words(provider)}>
            {count(times)} calls
          </Fact>
        ))}
        <Fact name="Known already">{count(figure("cache_hits"))} answers</Fact>
        <Fact name="Tokens">
          {count(figure("tokens_in"))} read, {count(figure("tokens_out"))} written
        </Fact>
        <Fact name="By price lists">
          {dollars(figure("cost_microusd"))}
          {isSandboxed && ", which the sandbox did not cost"}
        </Fact>
      </Facts>
    </Part>
  );
}
