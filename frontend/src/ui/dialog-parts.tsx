"use client";

import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "@/lib/cx";

const BACKDROP =
  "fixed inset-0 z-40 bg-black/35 transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0 dark:bg-black/60";
const CENTRE =
  "pop fixed top-[12vh] left-1/2 z-40 flex max-h-[80vh] w-[calc(100vw-2rem)] -translate-x-1/2 flex-col rounded-xl border bg-surface shadow-high";
const SIDE =
  "fixed inset-y-0 right-0 z-40 flex w-full flex-col border-l bg-surface shadow-high transition-transform duration-200 data-ending-style:translate-x-full data-starting-style:translate-x-full sm:w-[min(44rem,92vw)]";

type Props = {
  open: boolean;
  /** Left out where there is no way around what is asked. */
  onClose?: () => void;
  title: ReactNode;
  description?: ReactNode;
  /** Buttons at the foot; the one that goes on comes last. */
  actions?: ReactNode;
  wide?: boolean;
  children?: ReactNode;
};

function Parts({ onClose, title, description, actions, children }: Omit<Props, "open">) {
  return (
    <>
      <div className="flex items-start gap-4 px-5 pt-4 pb-3">
        <div className="min-w-0 flex-1">
          <Base.Title className="text-base font-semibold">{title}</Base.Title>
          {description && <Base.Description className="mt-0.5 text-ink-soft">{description}</Base.Description>}
        </div>
        {onClose && (
          <Base.Close aria-label="Close" className="-mr-1.5 rounded p-1.5 text-ink-faint hover:bg-hover hover:text-ink">
            <X aria-hidden className="size-4" />
          </Base.Close>
        )}
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-5 pb-5">{children}</div>
      {actions && <div className="flex flex-wrap justify-end gap-2 border-t px-5 py-3">{actions}</div>}
    </>
  );
}

/** A question or a short form over the page. Escape and a click beside it close it. */
export function Dialog({ open, onClose, wide, ...parts }: Props) {
  return (
    <Base.Root open={open} onOpenChange={(stays) => !stays && onClose?.()}>
      <Base.Portal>
        <Base.Backdrop className={BACKDROP} />
        <Base.Popup className={cx(CENTRE, wide ? "max-w-2xl" : "max-w-md")}>
          <Parts onClose={onClose} {...parts} />
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** Details of something in a list, which stays in view behind it. */
export function SidePanel({ open, onClose, ...parts }: Omit<Props, "wide">) {
  return (
    <Base.Root open={open} onOpenChange={(stays) => !stays && onClose?.()}>
      <Base.Portal>
        <Base.Backdrop className={BACKDROP} />
        <Base.Popup className={SIDE}>
          <Parts onClose={onClose} {...parts} />
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
