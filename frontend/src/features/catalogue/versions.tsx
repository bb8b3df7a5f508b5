"use client";

import { useState } from "react";
import { $api, PAGED, type Schemas, api } from "@/api/client";
import { plural } from "@/lib/format";
import { usePeople } from "@/session/people";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { SidePanel } from "@/ui/dialog-parts";
import { Failure, Loaded } from "@/ui/states";
import { Rest } from "@/ui/table";
import { Ago } from "@/ui/time";
import type { Catalogue } from "./catalogue";
import { useChange, useMayChange } from "./use-catalogue";

/** Every version there was, and the way back to each. */
export default function Versions({ seen, onClose }: { seen: Catalogue; onClose: () => void }) {
  const versions = $api.useInfiniteQuery("get", "/v1/catalogue/versions", { params: { query: { limit: 50 } } }, PAGED);
  const may = useMayChange();
  const restore = useChange(
    seen,
    (version: number, header) =>
      api.POST("/v1/catalogue/versions/{version}/restore", { params: { path: { version }, header } }),
    { done: "It is as it was then. The version before is kept, too.", quiet: true },
  );
  return (
    <SidePanel
      open
      onClose={onClose}
      title="Versions"
      description="Lists that have begun keep the version they began with."
    >
      {restore.error && <Failure error={restore.error} className="mb-4" />}
      <Loaded query={versions}>
        {({ pages }) => (
          <>
            <ol className="flex flex-col">
              {pages
                .flatMap((page) => page.items)
                .map((one) => (
                  <Version
                    key={one.version}
                    one={one}
                    current={one.version === seen.version}
                    busy={restore.isPending && restore.variables === one.version}
                    onRestore={may ? () => restore.mutate(one.version) : undefined}
                  />
                ))}
            </ol>
            <Rest more={versions} />
          </>
        )}
      </Loaded>
    </SidePanel>
  );
}

type Props = { one: Schemas["VersionOut"]; current: boolean; busy: boolean; onRestore: (() => void) | undefined };

function Version({ one, current, busy, onRestore }: Props) {
  const who = usePeople();
  const [open, setOpen] = useState(false);
  return (
    <li className="border-b py-3">
      <div className="flex items-start gap-3">
        <div className="min-w-0 flex-1">
          <p className="break-words">
            <span className="mr-2 text-ink-faint num">{one.version}</span>
            {one.change} {current && <Badge tone="accent">Now</Badge>}
          </p>
          <p className="text-[0.8125rem] text-ink-faint">
            {who(one.made_by)}, <Ago at={one.made_at} />
          </p>
        </div>
        <Button size="sm" look="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? "Hide" : "Look"}
        </Button>
        {onRestore && !current && (
          <Button size="sm" busy={busy} onClick={onRestore}>
            Go back to it
          </Button>
        )}
      </div>
      {open && <Inside version={one.version} />}
    </li>
  );
}

function Inside({ version }: { version: number }) {
  const kept = $api.useQuery(
    "get",
    "/v1/catalogue/versions/{version}",
    { params: { path: { version } } },
    { staleTime: Infinity },
  );
  return (
    <Loaded query={kept}>
      {({ products, rules }) => (
        <div className="mt-2 rounded-md bg-sunken px-3 py-2 text-[0.8125rem]">
          <p>
            <span className="font-medium">{plural(products.length, "product")}:</span>{" "}
            {products.map((one) => one.name).join(", ") || "none"}
          </p>
          <p>
            <span className="font-medium">{plural(rules.length, "rule")}:</span>{" "}
            {rules.map((one) => one.name).join(", ") || "none"}
          </p>
        </div>
      )}
    </Loaded>
  );
}
