"use client";

import { useState } from "react";
import { asProblem, problemOf } from "@/api/problem";
import { Button } from "@/ui/button";
import { Empty } from "@/ui/states";
import { toast } from "@/ui/toast";
import type { Catalogue, Opened } from "./catalogue";
import { useMayChange, useReplace } from "./use-catalogue";

/** Without a catalogue: the first product, a file, or the example to learn from. */
export function NothingYet({ seen, onOpen }: { seen: Catalogue; onOpen: (opened: Opened) => void }) {
  const may = useMayChange();
  const [fetching, setFetching] = useState(false);
  const replace = useReplace(seen, { done: "The example is yours to change" });
  const example = async () => {
    setFetching(true);
    try {
      const answer = await fetch("/example-catalogue.json");
      if (!answer.ok) throw await problemOf(answer);
      replace.mutate((await answer.json()) as Pick<Catalogue, "products" | "rules">);
    } catch (error) {
      toast.problem(asProblem(error));
    } finally {
      setFetching(false);
    }
  };
  return (
    <Empty
      title="Nothing to offer yet"
      action={
        may && (
          <div className="flex flex-wrap justify-center gap-2">
            <Button busy={fetching || replace.isPending} onClick={() => void example()}>
              Start from the example
            </Button>
            <Button onClick={() => onOpen({ what: "import" })}>Import a file</Button>
            <Button look="primary" onClick={() => onOpen({ what: "product", id: null })}>
              Add product
            </Button>
          </div>
        )
      }
    >
      With products and rules each line of a mail offers what fits the row, and says why. The example is of a maker of
      additives who writes to blenders of lubricants.
    </Empty>
  );
}
