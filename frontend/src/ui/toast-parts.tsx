"use client";

import { Toast } from "@base-ui/react/toast";
import { X } from "lucide-react";
import { useEffect } from "react";
import { cx } from "@/lib/cx";
import { onToast, waiting } from "./toast";

const manager = Toast.createToastManager();

function show(): void {
  for (const { title, description, type, undo } of waiting.splice(0)) {
    manager.add({
      title,
      description,
      type,
      timeout: type === "problem" ? 12_000 : undo ? 10_000 : 5_000,
      priority: type === "problem" ? "high" : "low",
      actionProps: undo ? { children: undo.label ?? "Undo", onClick: undo.act } : undefined,
    });
  }
}

export default function ToastList() {
  useEffect(() => onToast(show), []);
  return (
    <Toast.Provider toastManager={manager} limit={4}>
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
      data-toast
      swipeDirection={["right", "down"]}
      className="rounded-lg border bg-surface shadow-high transition-all duration-200 data-ending-style:opacity-0 data-starting-style:translate-y-3 data-starting-style:opacity-0"
    >
      <Toast.Content className="flex items-start gap-3 p-3 pl-4">
        <span
          aria-hidden
          className={cx("mt-[7px] size-2 shrink-0 rounded-full", one.type === "problem" ? "bg-bad" : "bg-good")}
        />
        <div className="min-w-0 flex-1">
          <Toast.Title className="text-sm font-medium text-ink first-letter:uppercase" />
          <Toast.Description className="text-sm text-ink-soft first-letter:uppercase" />
        </div>
        <Toast.Action className="shrink-0 rounded px-1.5 text-sm font-medium text-accent-ink hover:bg-hover" />
        <Toast.Close aria-label="Close" className="shrink-0 rounded p-1 text-ink-faint hover:bg-hover hover:text-ink">
          <X className="size-3.5" aria-hidden />
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ));
}
