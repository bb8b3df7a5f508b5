import { Fact, Facts } from "@/ui/page";
import type { Row } from "../rows/read-rows";
import { Part } from "./part";

/** The answers to the columns that were asked for besides. */
export function ExtraColumns({ extra }: { extra: Row["extra"] }) {
  const answers = Object.entries(extra ?? {});
  if (answers.length === 0) return null;
  return (
    <Part title="Your columns">
      <Facts>
        {answers.map(([name, answer]) => (
          <Fact key={name} name={name}>
            {said(answer)}
          </Fact>
        ))}
      </Facts>
    </Part>
  );
}

function said(answer: unknown): string {
  if (answer === null || answer === undefined || answer === "") return "not found";
  if (typeof answer === "boolean") return answer ? "yes" : "no";
  if (Array.isArray(answer)) return answer.map(said).join("; ");
  if (typeof answer === "object") return "value" in answer ? said(answer.value) : JSON.stringify(answer);
  return String(answer);
}
