"use client";

import { Dialog } from "@base-ui/react/dialog";
import { Sidebar } from "./sidebar";

/** The navigation over the page, where there is no room beside it. */
export default function NarrowNavigation({ onClose }: { onClose: () => void }) {
  return (
    <Dialog.Root open onOpenChange={(stays) => !stays && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-black/35 dark:bg-black/60" />
        <Dialog.Popup
          aria-label="Navigation"
          className="fixed inset-y-0 left-0 z-40 w-72 max-w-[85vw] border-r bg-sunken shadow-high"
        >
          <Sidebar onGo={onClose} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
