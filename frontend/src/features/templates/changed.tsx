import type { Schemas } from "@/api/client";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/states";
import { Ago } from "@/ui/time";

/** Somebody else saved meanwhile: their words, and the choice. */
export function Changed({
  theirs,
  onTake,
  onKeep,
}: {
  theirs: Schemas["TemplateOut"];
  onTake: () => void;
  onKeep: () => void;
}) {
  return (
    <Notice
      tone="warn"
      className="mb-5"
      title="Somebody else has changed this template meanwhile"
      action={
        <div className="flex flex-wrap gap-2">
          <Button size="sm" onClick={onTake}>
            Take theirs
          </Button>
          <Button size="sm" onClick={onKeep}>
            Save mine over it
          </Button>
        </div>
      }
    >
      Yours is still here, and nothing of it is saved. Theirs, version {theirs.version}, saved{" "}
      <Ago at={theirs.created_at} />:<span className="mt-2 block font-medium text-ink">{theirs.subject}</span>
      <span className="block max-h-40 overflow-y-auto whitespace-pre-wrap">{theirs.text_body}</span>
    </Notice>
  );
}
