"use client";

import dynamic from "next/dynamic";
import { useState } from "react";
import { Button, ButtonLink } from "@/ui/button";
import { PageHeader } from "@/ui/page";
import { Notice } from "@/ui/states";
import { Steps } from "./steps";
import type { UploadOut } from "./use-upload";

const ReadingOptions = dynamic(() => import("./reading-options").then((m) => m.ReadingOptions));

const TITLES: Record<string, string> = {
  empty_file: "This file is empty",
  no_rows: "There are no rows in this file",
  not_a_table: "This is not a table",
  several_files: "There are several files in this archive",
  nested_archive: "There is an archive inside this archive",
  encrypted: "This file has a password",
  too_large: "This file is too large",
  too_sparse: "A cell stands far away from the table",
  archive_bomb: "This file unpacks to too much",
  unsafe_xml: "This workbook is unsafe to open",
  option_invalid: "It cannot be read this way",
  unreadable: "This file is damaged",
};
/** What another way of reading may help with. */
const BY_READING = new Set(["no_rows", "option_invalid", "too_sparse", "unreadable"]);

/** Why a file was refused, in the sentence that says what to do. */
export function Refused({ upload }: { upload: UploadOut }) {
  const [choosing, setChoosing] = useState(false);
  const { code, detail } = upload.problem ?? { code: "", detail: "Save it again as XLSX or CSV, and upload that." };
  return (
    <>
      <PageHeader title={upload.filename} back={{ href: "/upload", label: "New job" }}>
        <Steps now="file" />
      </PageHeader>
      <Notice tone="bad" title={TITLES[code] ?? "This file cannot be read"}>
        <p className="first-letter:uppercase">{detail}</p>
      </Notice>
      <div className="mt-4 flex flex-wrap gap-2">
        <ButtonLink href="/upload" look="primary">
          Choose another file
        </ButtonLink>
        {BY_READING.has(code) && <Button onClick={() => setChoosing(true)}>Read it differently</Button>}
      </div>
      {choosing && <ReadingOptions upload={upload} onClose={() => setChoosing(false)} />}
    </>
  );
}
