"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { api, type Schemas } from "@/api/client";
import { useAction } from "@/api/use-action";
import { plural } from "@/lib/format";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Failure } from "@/ui/states";

/** What is lost with a list, and the button that loses it. */
export function DeleteList({ list, onClose }: { list: Schemas["ListOut"]; onClose: () => void }) {
  const router = useRouter();
  const queries = useQueryClient();
  const path = { list_id: list.id };
  const remove = useAction(async () => void (await api.DELETE("/v1/lists/{list_id}", { params: { path } })), {
    quiet: true,
    done: `${list.name} deleted`,
    onDone: () => {
      router.push("/lists");
      void queries.invalidateQueries({ queryKey: ["get", "/v1/lists"] });
    },
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Delete ${list.name}?`}
      description={`Its ${plural(list.recipients, "row")} are erased and cannot be brought back. Mails that were sent keep their proof.`}
      actions={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button look="danger" busy={remove.isPending} onClick={() => remove.mutate(undefined)}>
            Delete the list
          </Button>
        </>
      }
    >
      {remove.error && <Failure error={remove.error} />}
    </Dialog>
  );
}
