"use client";

import { Check, ChevronsUpDown, LogOut, Monitor, Moon, Plus, Search, Sun, UserRound } from "lucide-react";
import { useTheme } from "next-themes";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { useState } from "react";
import { $api } from "@/api/client";
import { cx } from "@/lib/cx";
import { count } from "@/lib/format";
import { useMe } from "@/session/me";
import { signOut } from "@/session/session";
import { chooseWorkspace } from "@/session/workspace";
import { Kbd } from "@/ui/kbd";
import { Mark } from "@/ui/mark";
import { Menu, MenuItem, MenuLine, MenuTitle } from "@/ui/menu";
import { Skeleton } from "@/ui/states";
import { NewWorkspace } from "./new-workspace";
import { openPalette } from "./open-palette";
import { PLACES, isHere } from "./places";

/** The workspace, the places one can go to, what is left to spend, and oneself. */
export function Sidebar({ onGo }: { onGo?: () => void }) {
  const path = usePathname();
  return (
    <div className="flex h-full flex-col gap-1 px-3 py-3">
      <Workspaces />
      <button
        type="button"
        onClick={() => {
          onGo?.();
          openPalette();
        }}
        className="mt-1 flex items-center gap-2.5 rounded-md border bg-surface px-2 py-1 text-left text-ink-faint shadow-low hover:text-ink"
      >
        <Search aria-hidden className="size-4" />
        <span className="flex-1">Search</span>
        <Kbd>⌘</Kbd>
        <Kbd>K</Kbd>
      </button>
      <nav aria-label="Main" className="mt-2 flex flex-1 flex-col gap-5 overflow-y-auto py-1">
        {PLACES.map((group, index) => (
          <ul key={index} className="flex flex-col gap-px">
            {group.map((place) => {
              const here = isHere(place, path);
              return (
                <li key={place.href}>
                  <Link
                    href={place.href}
                    onClick={onGo}
                    aria-current={here ? "page" : undefined}
                    className={cx(
                      "flex items-center gap-2.5 rounded-md px-2 py-1.5 text-ink-soft hover:bg-hover hover:text-ink",
                      here && "bg-hover font-medium text-ink",
                    )}
                  >
                    <place.icon aria-hidden className={cx("size-4 text-ink-faint", here && "text-accent-ink")} />
                    {place.label}
                  </Link>
                </li>
              );
            })}
          </ul>
        ))}
      </nav>
      <Credits onGo={onGo} />
      <Person />
    </div>
  );
}

function Workspaces() {
  const me = useMe();
  const workspaces = $api.useQuery(
    "get",
    "/v1/workspaces",
    { params: { query: { limit: 100 } } },
    { staleTime: 60_000 },
  );
  const [making, setMaking] = useState(false);
  return (
    <>
      <Menu
        align="start"
        className="w-56"
        trigger={
          <button
            type="button"
            className="flex w-full items-center gap-2.5 rounded-md p-1.5 text-left hover:bg-hover data-popup-open:bg-hover"
          >
            <Mark />
            <span className="sr-only">Workspace</span>
            <span className="min-w-0 flex-1 truncate font-semibold">
              {me.data ? me.data.workspace_name : <Skeleton className="w-24" />}
            </span>
            <ChevronsUpDown aria-hidden className="size-3.5 text-ink-faint" />
          </button>
        }
      >
        <MenuTitle>Workspaces</MenuTitle>
        {(workspaces.data?.items ?? []).map((workspace) => (
          <MenuItem
            key={workspace.id}
            icon={<Check aria-hidden className={cx(workspace.id !== me.data?.workspace_id && "invisible")} />}
            onClick={() => chooseWorkspace(workspace.id)}
          >
            <span className="min-w-0 flex-1 truncate">{workspace.name}</span>
          </MenuItem>
        ))}
        <MenuLine />
        <MenuItem icon={<Plus aria-hidden />} onClick={() => setMaking(true)}>
          New workspace
        </MenuItem>
      </Menu>
      <NewWorkspace open={making} onClose={() => setMaking(false)} />
    </>
  );
}

function Credits({ onGo }: { onGo?: () => void }) {
  const credits = $api.useQuery("get", "/v1/credits");
  return (
    <Link
      href="/billing"
      onClick={onGo}
      className="flex items-baseline justify-between gap-2 rounded-md px-2 py-1.5 text-ink-soft hover:bg-hover"
    >
      <span>Credits</span>
      {credits.data ? (
        <span className="font-medium text-ink num">{count(credits.data.available)}</span>
      ) : (
        <Skeleton className="w-12" />
      )}
    </Link>
  );
}

const THEMES = [
  { value: "system", label: "As the system", icon: Monitor },
  { value: "light", label: "Light", icon: Sun },
  { value: "dark", label: "Dark", icon: Moon },
];

function Person() {
  const me = useMe();
  const { theme, setTheme } = useTheme();
  return (
    <Menu
      align="start"
      className="w-56"
      trigger={
        <button
          type="button"
          className="flex w-full items-center gap-2.5 rounded-md px-2 py-1.5 text-left text-ink-soft hover:bg-hover data-popup-open:bg-hover"
        >
          <UserRound aria-hidden className="size-4 shrink-0 text-ink-faint" />
          <span className="sr-only">Your account</span>
          <span className="min-w-0 flex-1 truncate">{me.data?.email ?? <Skeleton className="w-32" />}</span>
        </button>
      }
    >
      <MenuTitle>Appearance</MenuTitle>
      {THEMES.map((one) => (
        <MenuItem key={one.value} icon={<one.icon aria-hidden />} onClick={() => setTheme(one.value)}>
          <span className="flex-1">{one.label}</span>
          {theme === one.value && <Check aria-label="chosen" />}
        </MenuItem>
      ))}
      <MenuLine />
      <MenuItem icon={<LogOut aria-hidden />} onClick={() => void signOut()}>
        Sign out
      </MenuItem>
    </Menu>
  );
}
