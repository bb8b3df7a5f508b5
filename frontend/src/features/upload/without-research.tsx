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
    async (body: { name: string }, key) => {
      const params = { path: { upload_id: upload.id }, header: { "Idempotency-Key": key } };
      const { id } = (await api.POST("/v1/uploads/{upload_id}/list", { params, body })).data!;
      await arrived(id);
      return { id };
    },
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

const TRIES = 40;
const EVERY_MS = 500;

/** Rows go over to sending by themselves. Until the first of them are there, the list has no page to show. */
async function arrived(id: string): Promise<void> {
  for (let tried = 0; tried < TRIES; tried += 1) {
    const newest = (await api.GET("/v1/lists", { params: { query: { limit: 20 } } })).data!;
    if (newest.items.some((one) => one.id === id)) return;
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}
