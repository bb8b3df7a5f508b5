"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { api, type Schemas } from "@/api/client";
import { useAction } from "@/api/use-action";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Failure } from "@/ui/states";

/** A template leaves the list for good; campaigns that have it keep its words. */
export function DeleteTemplate({ template, onClose }: { template: Schemas["TemplateOut"]; onClose: () => void }) {
  const router = useRouter();
  const queries = useQueryClient();
  const path = { template_id: template.id };
  const remove = useAction(async () => void (await api.DELETE("/v1/templates/{template_id}", { params: { path } })), {
    quiet: true,
    done: `${template.name} deleted`,
    onDone: () => {
      router.push("/templates");
      void queries.invalidateQueries({ queryKey: ["get", "/v1/templates"] });
    },
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Delete ${template.name}?`}
      description="All its versions go and cannot be brought back. Campaigns that were made with it keep its words."
      actions={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button look="danger" busy={remove.isPending} onClick={() => remove.mutate(undefined)}>
            Delete the template
          </Button>
        </>
      }
    >
      {remove.error && <Failure error={remove.error} />}
    </Dialog>
  );
}
