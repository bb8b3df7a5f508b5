"use client";

import { Menu as Base } from "@base-ui/react/menu";
import Link from "next/link";
import type { ReactElement, ReactNode } from "react";
import { cx } from "@/lib/cx";

const ITEM =
  "flex w-full cursor-default items-center gap-2 rounded-[5px] px-2 py-1.5 text-sm text-ink outline-none select-none data-disabled:opacity-50 data-highlighted:bg-hover [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-ink-faint";

export function Menu({
  trigger,
  children,
  align = "end",
  className,
  opened = false,
}: {
  trigger: ReactElement;
  children: ReactNode;
  align?: "start" | "end";
  className?: string;
  /** Open from the start. */
  opened?: boolean;
}) {
  return (
    <Base.Root modal={false} defaultOpen={opened}>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner align={align} sideOffset={4} className="z-50 outline-none">
          <Base.Popup
            className={cx(
              "max-h-(--available-height) min-w-44 pop overflow-y-auto rounded-lg border bg-surface p-1 shadow-high outline-none",
              className,
            )}
          >
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export function MenuItem({
  icon,
  children,
  danger,
  ...rest
}: {
  icon?: ReactNode;
  children: ReactNode;
  danger?: boolean;
  disabled?: boolean;
  onClick: () => void;
}) {
  return (
    <Base.Item {...rest} className={cx(ITEM, danger && "text-bad [&_svg]:text-bad")}>
      {icon}
      {children}
    </Base.Item>
  );
}

export function MenuLink({ icon, children, href }: { icon?: ReactNode; children: ReactNode; href: string }) {
  return (
    <Base.Item className={ITEM} render={<Link href={href} />}>
      {icon}
      {children}
    </Base.Item>
  );
}

export function MenuLine() {
  return <Base.Separator className="my-1 h-px bg-line" />;
}

export function MenuTitle({ children }: { children: ReactNode }) {
  return <div className="px-2 pt-1.5 pb-1 text-xs text-ink-faint">{children}</div>;
}
