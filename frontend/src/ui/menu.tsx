"use client";

import { type ComponentProps, Suspense, cloneElement, lazy, useState } from "react";
import type * as Parts from "./menu-parts";

const load = () => import("./menu-parts");
const LazyMenu = lazy(() => load().then(({ Menu }) => ({ default: Menu })));

export const MenuItem = lazy(() => load().then((parts) => ({ default: parts.MenuItem })));
export const MenuLink = lazy(() => load().then((parts) => ({ default: parts.MenuLink })));
export const MenuLine = lazy(() => load().then((parts) => ({ default: parts.MenuLine })));
export const MenuTitle = lazy(() => load().then((parts) => ({ default: parts.MenuTitle })));

/** A button that opens a menu. The menu's code comes when somebody is about to open one. */
export function Menu(props: Omit<ComponentProps<typeof Parts.Menu>, "opened">) {
  const [wanted, setWanted] = useState(false);
  const trigger = cloneElement(props.trigger as React.ReactElement<ComponentProps<"button">>, {
    "aria-haspopup": "menu",
    "aria-expanded": wanted,
    onPointerEnter: () => void load(),
    onFocus: () => void load(),
    onClick: () => setWanted(true),
  });
  if (!wanted) return trigger;
  return (
    <Suspense fallback={trigger}>
      <LazyMenu {...props} opened />
    </Suspense>
  );
}
