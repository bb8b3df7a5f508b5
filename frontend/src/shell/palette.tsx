"use client";

import { Dialog } from "@base-ui/react/dialog";
import { Command } from "cmdk";
import { FileSpreadsheet, Keyboard, LogOut, Monitor, Moon, Sun } from "lucide-react";
import { useTheme } from "next-themes";
import { useRouter } from "next/navigation";
import type { ReactNode } from "react";
import { $api } from "@/api/client";
import { signOut } from "@/session/session";
import { Kbd } from "@/ui/kbd";
import { fits } from "./fits";
import { PLACES } from "./places";

const ITEM =
  "flex cursor-default items-center gap-2.5 rounded-md px-2.5 py-2 text-ink select-none data-[selected=true]:bg-hover [&_svg]:size-4 [&_svg]:text-ink-faint";
const GROUP =
  "[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-ink-faint";

/** Everything by its name: places, recent jobs and campaigns, the appearance. */
export default function Palette({ onClose, onKeys }: { onClose: () => void; onKeys: () => void }) {
  const router = useRouter();
  const { setTheme } = useTheme();
  const jobs = $api.useQuery("get", "/v1/jobs", { params: { query: { limit: 10 } } });
  const campaigns = $api.useQuery("get", "/v1/campaigns", { params: { query: { limit: 10 } } });
  const go = (href: string) => {
    onClose();
    router.push(href);
  };
  return (
    <Dialog.Root open onOpenChange={(stays) => !stays && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-black/35 dark:bg-black/60" />
        <Dialog.Popup
          aria-label="Command palette"
          className="fixed top-[14vh] left-1/2 z-50 w-[min(36rem,calc(100vw-2rem))] pop -translate-x-1/2 overflow-hidden rounded-xl border bg-surface shadow-high"
        >
          <Command label="Command palette" loop filter={fits}>
            <Command.Input
              autoFocus
              placeholder="Go to, or do…"
              className="w-full border-b bg-transparent px-4 py-3 text-[0.9375rem] outline-none placeholder:text-ink-faint"
            />
            <Command.List className="max-h-[50vh] overflow-y-auto p-1.5">
              <Command.Empty className="px-3 py-6 text-center text-ink-soft">Nothing is called that.</Command.Empty>
              <Command.Group heading="Go to" className={GROUP}>
                {PLACES.flat().map((place) => (
                  <Command.Item
                    key={place.href}
                    value={place.label}
                    keywords={place.words?.split(" ")}
                    onSelect={() => go(place.href)}
                    className={ITEM}
                  >
                    <place.icon aria-hidden />
                    <span className="flex-1">{place.label}</span>
                    {place.key && (
                      <span className="flex gap-1">
                        <Kbd>g</Kbd>
                        <Kbd>{place.key}</Kbd>
                      </span>
                    )}
                  </Command.Item>
                ))}
              </Command.Group>
              <Found heading="Jobs">
                {(jobs.data?.items ?? []).map((job) => (
                  <Item key={job.id} value={`${job.filename} ${job.id}`} onSelect={() => go(`/job?id=${job.id}`)}>
                    {job.filename}
                  </Item>
                ))}
              </Found>
              <Found heading="Campaigns">
                {(campaigns.data?.items ?? []).map((one) => (
                  <Item key={one.id} value={`${one.name} ${one.id}`} onSelect={() => go(`/campaign?id=${one.id}`)}>
                    {one.name}
                  </Item>
                ))}
              </Found>
              <Command.Group heading="This browser" className={GROUP}>
                <Command.Item onSelect={() => (setTheme("system"), onClose())} className={ITEM}>
                  <Monitor aria-hidden /> Appearance as the system
                </Command.Item>
                <Command.Item onSelect={() => (setTheme("light"), onClose())} className={ITEM}>
                  <Sun aria-hidden /> Light appearance
                </Command.Item>
                <Command.Item onSelect={() => (setTheme("dark"), onClose())} className={ITEM}>
                  <Moon aria-hidden /> Dark appearance
                </Command.Item>
                <Command.Item onSelect={onKeys} className={ITEM}>
                  <Keyboard aria-hidden /> Keyboard shortcuts
                </Command.Item>
                <Command.Item onSelect={() => void signOut()} className={ITEM}>
                  <LogOut aria-hidden /> Sign out
                </Command.Item>
              </Command.Group>
            </Command.List>
          </Command>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Found({ heading, children }: { heading: string; children: ReactNode[] }) {
  if (children.length === 0) return null;
  return (
    <Command.Group heading={heading} className={GROUP}>
      {children}
    </Command.Group>
  );
}

function Item({ value, onSelect, children }: { value: string; onSelect: () => void; children: ReactNode }) {
  return (
    <Command.Item value={value} onSelect={onSelect} className={ITEM}>
      <FileSpreadsheet aria-hidden />
      <span className="truncate">{children}</span>
    </Command.Item>
  );
}
