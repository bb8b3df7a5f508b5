"use client";

import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { useEffect, useRef, useState } from "react";
import { OPEN_PALETTE } from "./open-palette";
import { PLACES } from "./places";

const Palette = dynamic(() => import("./palette"), { ssr: false });
const KeySheet = dynamic(() => import("./key-sheet"), { ssr: false });

const GO = new Map(PLACES.flat().flatMap((place) => (place.key ? [[place.key, place.href]] : [])));
const CHORD_MS = 1_200;

/** The keys that work everywhere: ⌘K or Ctrl K, `?`, `g` and a letter, `/` for the page's own search. */
export function Keys() {
  const router = useRouter();
  const [shown, setShown] = useState<"palette" | "sheet" | null>(null);
  const began = useRef(0);

  useEffect(() => {
    const openPalette = () => setShown("palette");
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      if (event.key.toLowerCase() === "k" && (event.metaKey || event.ctrlKey)) {
        event.preventDefault();
        setShown((now) => (now === "palette" ? null : "palette"));
        return;
      }
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target) || isOverlaid()) return;
      if (event.key === "?") setShown("sheet");
      else if (event.key === "g") began.current = Date.now();
      else if (event.key === "/") focus("[data-search]", event);
      else if (event.key === "j" && document.activeElement === document.body)
        focus("[data-row] [data-opens], [data-row][tabindex]", event);
      else if (Date.now() - began.current < CHORD_MS && GO.has(event.key)) {
        began.current = 0;
        router.push(GO.get(event.key)!);
      }
    };
    window.addEventListener("keydown", press);
    window.addEventListener(OPEN_PALETTE, openPalette);
    return () => {
      window.removeEventListener("keydown", press);
      window.removeEventListener(OPEN_PALETTE, openPalette);
    };
  }, [router]);

  return (
    <>
      {shown === "palette" && <Palette onClose={() => setShown(null)} onKeys={() => setShown("sheet")} />}
      {shown === "sheet" && <KeySheet onClose={() => setShown(null)} />}
    </>
  );
}

function focus(selector: string, event: KeyboardEvent): void {
  const found = document.querySelector<HTMLElement>(selector);
  if (!found) return;
  event.preventDefault();
  found.focus();
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input,select,textarea"));
}

function isOverlaid(): boolean {
  return document.querySelector('[role="dialog"]:not([data-toast]),[role="menu"]') !== null;
}
