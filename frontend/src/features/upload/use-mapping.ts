"use client";

import { useRef } from "react";
import { api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { UPLOAD_KEY, type UploadOut } from "./use-upload";

type Mapping = Record<string, number>;

/** Which column plays which role. Each choice is saved at once, one after another; a role moves from the column that had it. */
export function useMapping(upload: UploadOut) {
  const before = useRef<Promise<unknown>>(Promise.resolve());
  const save = useAction(
    async (mapping: Mapping) => {
      const path = { upload_id: upload.id };
      const saved = before.current.then(() =>
        api.PUT("/v1/uploads/{upload_id}/mapping", { params: { path }, body: { mapping } }),
      );
      before.current = saved.catch(() => undefined);
      return (await saved).data!;
    },
    { quiet: true, refresh: [UPLOAD_KEY] },
  );
  const mapping: Mapping = save.isPending ? save.variables : (upload.mapping as Mapping);
  const choose = (column: number, role: string | null) => {
    const others = Object.entries(mapping).filter(([one, index]) => index !== column && one !== role);
    save.mutate(Object.fromEntries(role === null ? others : [...others, [role, column]]));
  };
  return { mapping, choose, problem: save.error };
}
