"use client";

import { Dialog } from "@/ui/dialog";
import { Kbd } from "@/ui/kbd";
import { PLACES } from "./places";

const EVERYWHERE: [string[], string][] = [
  [["⌘", "K"], "Command palette (Ctrl K)"],
  [["?"], "These keys"],
  [["/"], "Search in this page"],
  [["j"], "Next row of a table (or ↓)"],
  [["k"], "Row before (or ↑)"],
  [["↵"], "Open the row"],
  [["Esc"], "Close what is open"],
];

export default function KeySheet({ onClose }: { onClose: () => void }) {
  const going = PLACES.flat().flatMap(({ key, label }): [string[], string][] => (key ? [[["g", key], label]] : []));
  return (
    <Dialog open onClose={onClose} title="Keyboard" wide>
      <div className="grid gap-x-10 sm:grid-cols-2">
        {[EVERYWHERE, going].map((group, index) => (
          <dl key={index} className="flex flex-col">
            {group.map(([keys, what]) => (
              <div key={what} className="flex items-center justify-between gap-4 border-b py-2">
                <dt className="text-ink-soft">{what}</dt>
                <dd className="flex gap-1">
                  {keys.map((key) => (
                    <Kbd key={key}>{key}</Kbd>
                  ))}
                </dd>
              </div>
            ))}
          </dl>
        ))}
      </div>
    </Dialog>
  );
}
