"use client";

import { useRouter } from "next/navigation";
import { api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { useMay } from "@/session/me";
import { Button } from "@/ui/button";
import { Section } from "@/ui/page";
import { Failure } from "@/ui/states";
import type { UploadOut } from "./use-upload";

/** The way past research: a list that can be written to as it is. */
export function WithoutResearch({ upload }: { upload: UploadOut }) {
  const router = useRouter();
  const may = useMay("jobs");
  const hasEmail = "email" in upload.mapping;
  const make = useAction(
    async (body: { name: string }, key) =>
      (
        await api.POST("/v1/uploads/{upload_id}/list", {
          params: { path: { upload_id: upload.id }, header: { "Idempotency-Key": key } },
          body,
        })
      ).data!,
    { quiet: true, refresh: [["get", "/v1/lists"]], onDone: ({ id }) => router.push(`/list?id=${id}`) },
  );
  return (
    <Section
      className="mt-8 first-of-type:border-t first-of-type:pt-6"
      title="No research needed?"
      description="Make a list of these rows as they are, and write to it. It is free."
      actions={
        <Button
          busy={make.isPending}
          disabled={!may || !hasEmail}
          title={hasEmail ? undefined : "Choose the column with the email address first."}
          onClick={() => make.mutate({ name: upload.filename })}
        >
          Make a list
        </Button>
      }
    >
      {make.error && <Failure error={make.error} />}
    </Section>
  );
}
