"use client";

import { useMay, useMe } from "@/session/me";
import { Notice, SkeletonRows } from "@/ui/states";
import { DeleteWorkspace } from "./delete-workspace";
import { Erasures } from "./erasures";
import { ExportWorkspace } from "./export-workspace";

/** What becomes of the data: take it away, erase a person, delete everything. */
export function Data() {
  const known = useMe().data !== undefined;
  const settings = useMay("settings");
  const owner = useMay("ownership");
  if (!known) return <SkeletonRows />;
  if (!settings) return <Notice>Owners and admins erase people; owners export and delete the workspace.</Notice>;
  return (
    <>
      {owner && <ExportWorkspace />}
      <Erasures />
      {owner ? <DeleteWorkspace /> : <Notice>The owner exports or deletes the whole workspace.</Notice>}
    </>
  );
}
