"use client";

import { Download, History, MoreHorizontal, Upload } from "lucide-react";
import { Suspense } from "react";
import { download } from "@/api/client";
import { asProblem } from "@/api/problem";
import { IconButton } from "@/ui/button";
import { Menu, MenuItem } from "@/ui/menu";
import { toast } from "@/ui/toast";
import type { Catalogue, Opened } from "./catalogue";
import { useMayChange } from "./use-catalogue";

/** Versions and files. */
export function CatalogueMenu({ seen, onOpen }: { seen: Catalogue; onOpen: (opened: Opened) => void }) {
  const may = useMayChange();
  const save = (format: "csv" | "json") =>
    void download(`/v1/catalogue/export?format=${format}`).catch((error: unknown) => toast.problem(asProblem(error)));
  const trigger = (
    <IconButton label="More for the catalogue" look="secondary">
      <MoreHorizontal aria-hidden />
    </IconButton>
  );
  return (
    <Menu trigger={trigger}>
      <Suspense>
        <MenuItem
          icon={<History aria-hidden />}
          disabled={seen.version === 0}
          onClick={() => onOpen({ what: "versions" })}
        >
          Versions
        </MenuItem>
        <MenuItem icon={<Upload aria-hidden />} disabled={!may} onClick={() => onOpen({ what: "import" })}>
          Import a file
        </MenuItem>
        <MenuItem icon={<Download aria-hidden />} onClick={() => save("csv")}>
          Export for a spreadsheet
        </MenuItem>
        <MenuItem icon={<Download aria-hidden />} onClick={() => save("json")}>
          Export as JSON
        </MenuItem>
      </Suspense>
    </Menu>
  );
}
