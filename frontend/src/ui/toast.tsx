"use client";

import { Toast } from "@base-ui/react/toast";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import type { Problem } from "@/api/problem";
import { cx } from "@/lib/cx";

const manager = Toast.createToastManager();

type Undo = { label?: string; act: () => void };

/** Short news of what somebody has just done. `undo` is offered for as long as it stands there: ten seconds. */
export const toast = {
  done(title: string, options: { description?: string; undo?: Undo } = {}) {
    manager.add({
      title,
      description: options.description,
      type: "done",
      timeout: options.undo ? 10_000 : 5_000,
      actionProps: options.undo ? { children: options.undo.label ?? "Undo", onClick: options.undo.act } : undefined,
    });
  },
  problem(problem: Problem) {
    manager.add({ title: problem.message, type: "problem", timeout: 12_000, priority: "high" });
  },
};

export function Toasts({ children }: { children: ReactNode }) {
  return (
    <Toast.Provider toastManager={manager} limit={4}>
      {children}
      <Toast.Portal>
        <Toast.Viewport className="fixed right-4 bottom-4 z-50 flex w-[min(24rem,calc(100vw-2rem))] flex-col gap-2">
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function List() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((one) => (
    <Toast.Root
      key={one.id}
      toast={one}
      swipeDirection={["right", "down"]}
      className="rounded-lg border bg-surface shadow-high transition-all duration-200 data-ending-style:opacity-0 data-starting-style:translate-y-3 data-starting-style:opacity-0"
    >
      <Toast.Content className="flex items-start gap-3 p-3 pl-4">
        <span
          aria-hidden
          className={cx("mt-[7px] size-2 shrink-0 rounded-full", one.type === "problem" ? "bg-bad" : "bg-good")}
        />
        <div className="min-w-0 flex-1">
          <Toast.Title className="text-sm font-medium text-ink" />
          <Toast.Description className="text-sm text-ink-soft" />
        </div>
        <Toast.Action className="shrink-0 rounded px-1.5 text-sm font-medium text-accent-ink hover:bg-hover" />
        <Toast.Close aria-label="Close" className="shrink-0 rounded p-1 text-ink-faint hover:bg-hover hover:text-ink">
          <X className="size-3.5" aria-hidden />
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ));
}
