import type { Problem } from "@/api/problem";

export type Undo = { label?: string; act: () => void };
export type Told = { title: string; description?: string; type: "done" | "problem"; undo?: Undo };

/** Heard by the component that shows them; what is told before it is there waits. */
export const waiting: Told[] = [];
let hear: (() => void) | null = null;

export function onToast(listener: () => void): () => void {
  hear = listener;
  if (waiting.length > 0) listener();
  return () => {
    hear = null;
  };
}

function tell(told: Told): void {
  waiting.push(told);
  hear?.();
}

/** Short news of what somebody has just done. `undo` is offered for as long as it stands there: ten seconds. */
export const toast = {
  done(title: string, options: { description?: string; undo?: Undo } = {}) {
    tell({ title, type: "done", ...options });
  },
  problem(problem: Problem) {
    tell({ title: problem.message, type: "problem" });
  },
};
