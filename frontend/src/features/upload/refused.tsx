"use client";

import dynamic from "next/dynamic";
import { useState } from "react";
import { ButtonLink } from "@/ui/button";
import { Button } from "@/ui/button";
import { PageHeader } from "@/ui/page";
import { Notice } from "@/ui/states";
import { Steps } from "./steps";
import type { UploadOut } from "./use-upload";

const ReadingOptions = dynamic(() => import("./reading-options").then((m) => m.ReadingOptions));

type Words = { title: string; todo: string };
const ANOTHER: Words = { title: "This file cannot be read", todo: "Save it again as XLSX or CSV, and upload that." };
const WORDS: Record<string, Words> = {
  empty_file: { title: "This file is empty", todo: "Choose the file that has your rows in it." },
  no_rows: {
    title: "There are no rows in this file",
    todo: "If they are on another sheet, or the header is further down, read it differently.",
  },
  not_a_table: { title: "This is not a table", todo: "Save your rows as XLSX or CSV, and upload that." },
  several_files: { title: "There are several files in this archive", todo: "Upload one of them at a time." },
  nested_archive: { title: "There is an archive inside this archive", todo: "Unpack it, and upload the file itself." },
  encrypted: { title: "This file has a password", todo: "Save a copy without the password, and upload that." },
  too_large: { title: "This file is too large", todo: "Split it, and upload the parts one after another." },
  too_sparse: { title: "A cell stands far away from the table", todo: "Delete it, save, and upload the file again." },
  archive_bomb: { title: "This file unpacks to too much", todo: "Save the rows as XLSX or CSV, and upload that." },
  unsafe_xml: { title: "This workbook is unsafe to open", todo: "Save it again with Excel, and upload that." },
  option_invalid: { title: "It cannot be read this way", todo: "Choose another way to read it." },
  unreadable: { title: "This file is damaged", todo: "Open it, save it again, and upload the new copy." },
};

/** Why a file was refused, in the reader's own sentence, and what to do. */
export function Refused({ upload }: { upload: UploadOut }) {
  const [choosing, setChoosing] = useState(false);
  const { title, todo } = WORDS[upload.problem?.code ?? ""] ?? ANOTHER;
  return (
    <>
      <PageHeader title={upload.filename} back={{ href: "/upload", label: "New job" }}>
        <Steps now="file" />
      </PageHeader>
      <Notice tone="bad" title={title}>
        {upload.problem && <p className="first-letter:uppercase">{upload.problem.detail}</p>}
        <p className="mt-1">{todo}</p>
      </Notice>
      <div className="mt-4 flex flex-wrap gap-2">
        <ButtonLink href="/upload" look="primary">
          Choose another file
        </ButtonLink>
        <Button onClick={() => setChoosing(true)}>Read it differently</Button>
      </div>
      {choosing && <ReadingOptions upload={upload} onClose={() => setChoosing(false)} />}
    </>
  );
}
