"use client";

import { Menu as MenuIcon, Search } from "lucide-react";
import dynamic from "next/dynamic";
import { type ReactNode, useState } from "react";
import { Mark } from "@/ui/mark";
import { Keys } from "./keys";
import { openPalette } from "./open-palette";
import { Offline } from "./offline";
import { SandboxBar } from "./sandbox-bar";
import { Sidebar } from "./sidebar";

const NarrowNavigation = dynamic(() => import("./narrow-navigation"), { ssr: false });

/** The navigation beside the page, or behind a button where there is no room for both. */
export function Frame({ children }: { children: ReactNode }) {
  const [open, setOpen] = useState(false);
  return (
    <div className="lg:grid lg:grid-cols-[15rem_1fr]">
      <a
        href="#content"
        className="fixed top-2 left-2 z-50 -translate-y-20 rounded-md bg-accent px-3 py-1.5 text-on-accent focus:translate-y-0"
      >
        Skip to the content
      </a>
      <aside aria-label="Navigation" className="sticky top-0 hidden h-dvh border-r bg-sunken lg:block">
        <Sidebar />
      </aside>
      <div className="min-w-0">
        <header className="sticky top-0 z-30 flex items-center gap-2 border-b bg-ground/90 px-3 py-2 backdrop-blur lg:hidden">
          <button
            type="button"
            aria-label="Navigation"
            onClick={() => setOpen(true)}
            className="rounded-md p-2 text-ink-soft hover:bg-hover"
          >
            <MenuIcon aria-hidden className="size-5" />
          </button>
          {open && <NarrowNavigation onClose={() => setOpen(false)} />}
          <Mark />
          <span className="flex-1 font-semibold">Corofy</span>
          <button
            type="button"
            aria-label="Command palette"
            onClick={openPalette}
            className="rounded-md p-2 text-ink-soft hover:bg-hover"
          >
            <Search aria-hidden className="size-5" />
          </button>
        </header>
        <SandboxBar />
        <Offline />
        <main id="content" className="mx-auto max-w-6xl px-4 pt-6 pb-24 sm:px-8 sm:pt-8">
          {children}
        </main>
      </div>
      <Keys />
    </div>
  );
}
