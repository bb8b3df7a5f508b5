"use client";

import { History, Trash2 } from "lucide-react";
import dynamic from "next/dynamic";
import { useEffect, useState } from "react";
import type { Schemas } from "@/api/client";
import { useMay } from "@/session/me";
import { Badge } from "@/ui/badge";
import { Button, IconButton } from "@/ui/button";
import { PageHeader } from "@/ui/page";
import { Failure } from "@/ui/states";
import { Changed } from "./changed";
import { Preview } from "./preview";
import { useSaving } from "./use-saving";
import { FRESH, type Words, isSame, withField, wordsOf } from "./words";
import { WordsForm } from "./words-form";

const Versions = dynamic(() => import("./versions").then((part) => part.Versions));
const DeleteTemplate = dynamic(() => import("./delete-template").then((part) => part.DeleteTemplate));
const BACK = { href: "/templates", label: "Templates" };

/** The words on one side, the mail they make for a lead on the other. */
export function Editor({ saved }: { saved: Schemas["TemplateOut"] | null }) {
  const may = useMay("sending");
  const [words, setWords] = useState<Words>(saved ? wordsOf(saved) : FRESH);
  const [fields, setFields] = useState<readonly string[]>([]);
  const [open, setOpen] = useState<"versions" | "delete" | null>(null);
  const { base, save, theirs, takeTheirs, saveMine } = useSaving(saved, { words, setWords });
  const dirty = base === null || !isSame(words, wordsOf(base));
  useUnsaved(dirty && base !== null);
  const ready = words.name.trim() !== "" && words.subject.trim() !== "" && (words.text + words.html).trim() !== "";
  const mend = (from: string, to: string) => setWords(withField(words, from, to));
  return (
    <>
      <PageHeader
        back={BACK}
        title={base?.name ?? "New template"}
        actions={
          <>
            {base && (
              <IconButton label="Versions" onClick={() => setOpen("versions")}>
                <History aria-hidden />
              </IconButton>
            )}
            {base && may && (
              <IconButton
                label={base.is_default ? "The usual template cannot be deleted" : "Delete the template"}
                disabled={base.is_default}
                onClick={() => setOpen("delete")}
              >
                <Trash2 aria-hidden />
              </IconButton>
            )}
            <Button
              look="primary"
              busy={save.isPending}
              disabled={!may || !dirty || !ready}
              title={whyNot({ may, dirty, ready })}
              onClick={() => save.mutate({ words, version: base?.version ?? null })}
            >
              {base && !dirty ? "Saved" : "Save"}
            </Button>
          </>
        }
      >
        {base && (
          <div className="mt-2 flex flex-wrap items-center gap-2 text-ink-faint">
            Version {base.version}
            {base.is_default && <Badge title="Campaigns take it unless they are told another.">Usual one</Badge>}
            {dirty && <span>Changes are not saved</span>}
          </div>
        )}
      </PageHeader>
      {theirs && <Changed theirs={theirs} onTake={takeTheirs} onKeep={saveMine} />}
      {save.error && !theirs && <Failure className="mb-5" error={save.error} />}
      <div className="grid gap-x-10 gap-y-8 xl:grid-cols-2">
        <WordsForm words={words} fields={fields} readOnly={!may} onChange={setWords} />
        <Preview words={words} onFields={setFields} onMend={may ? mend : undefined} />
      </div>
      {base && open === "versions" && (
        <Versions
          template={base}
          onClose={() => setOpen(null)}
          onTake={(old) => setWords({ ...wordsOf(old), name: words.name })}
        />
      )}
      {base && open === "delete" && <DeleteTemplate template={base} onClose={() => setOpen(null)} />}
    </>
  );
}

function whyNot({ may, dirty, ready }: { may: boolean; dirty: boolean; ready: boolean }): string | undefined {
  if (!may) return "Viewers cannot write templates: ask an admin for another role.";
  if (!ready) return "It needs a name, a subject and a text.";
  return dirty ? undefined : "Nothing has changed.";
}

/** The browser asks before it leaves words that are not saved. */
function useUnsaved(unsaved: boolean): void {
  useEffect(() => {
    if (!unsaved) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [unsaved]);
}
