"use client";

import { count } from "@/lib/format";
import { PageHeader } from "@/ui/page";
import { SkeletonRows } from "@/ui/states";
import { Sample } from "./sample";
import { Steps } from "./steps";
import type { UploadOut } from "./use-upload";

/** While the file is read: its first rows, as soon as they are known. */
export function Reading({ upload }: { upload: UploadOut }) {
  return (
    <>
      <PageHeader
        title={upload.filename}
        description={
          upload.rows_read > 0
            ? `Being read: ${count(upload.rows_read)} rows so far.`
            : "Being read. This takes a moment."
        }
        back={{ href: "/upload", label: "New job" }}
      >
        <Steps now="columns" />
      </PageHeader>
      {upload.columns.length > 0 ? <Sample upload={upload} /> : <SkeletonRows />}
    </>
  );
}
