import { Button } from "@/ui/button";
import { Notice } from "@/ui/states";
import { asSentence } from "@/lib/sentences";

/** A field that nobody knows, with the one that was probably meant. */
const MEANT = /^(.*there is no field (\w+): did you mean (\w+)\?)/;

/** What speaks against sending a mail. A misspelt field can be put right by a click. */
export function ProblemNotice({ detail, onMend }: { detail: string; onMend?: (from: string, to: string) => void }) {
  const [, said, from, to] = MEANT.exec(detail) ?? [];
  return (
    <Notice
      tone="warn"
      action={
        onMend &&
        from !== undefined &&
        to !== undefined && (
          <Button size="sm" onClick={() => onMend(from, to)}>
            Use {to}
          </Button>
        )
      }
    >
      {asSentence(said ?? detail)}
    </Notice>
  );
}
