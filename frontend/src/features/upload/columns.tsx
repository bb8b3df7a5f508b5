"use client";

import { SlidersHorizontal } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { plural } from "@/lib/format";
import { useMay } from "@/session/me";
import { Badge } from "@/ui/badge";
import { Button, ButtonLink } from "@/ui/button";
import { PageHeader, Section } from "@/ui/page";
import { Failure, Notice } from "@/ui/states";
import { ColumnTable } from "./column-table";
import { Findings } from "./findings";
import { Sample } from "./sample";
import { StepFoot } from "./step-foot";
import { Steps, stepHref } from "./steps";
import { useMapping } from "./use-mapping";
import type { UploadOut } from "./use-upload";
import { DELIMITERS, ENCODINGS } from "./words";

const ReadingOptions = dynamic(() => import("./reading-options").then((m) => m.ReadingOptions));

/** Step 2: what each column is, how the file was read, and what is wrong in which row. */
export function Columns({ upload }: { upload: UploadOut }) {
  const may = useMay("jobs");
  const [choosing, setChoosing] = useState(false);
  const { mapping, choose, problem } = useMapping(upload);
  const findable = ["company", "website", "email"].some((role) => role in mapping);
  return (
    <>
      <PageHeader
        title={upload.filename}
        description={
          <>
            {readAs(upload)} {upload.sandboxed && <Badge tone="warn">Sandbox</Badge>}
          </>
        }
        back={{ href: "/upload", label: "New job" }}
        actions={
          <Button disabled={!may} icon={<SlidersHorizontal aria-hidden />} onClick={() => setChoosing(true)}>
            Read it differently
          </Button>
        }
      >
        <Steps now="columns" id={upload.id} />
      </PageHeader>
      <Section
        title="What each column is"
        description="Check what we have guessed. Columns that are not used stay in the result as they are."
      >
        {problem && <Failure error={problem} className="mb-3" />}
        {!findable && (
          <Notice tone="warn" className="mb-3" title="No row can be researched yet">
            Choose the column with the company, the website or the email address.
          </Notice>
        )}
        <ColumnTable upload={upload} mapping={mapping} choose={may ? choose : undefined} />
      </Section>
      <Findings upload={upload} />
      <Section title="First rows">
        <Sample upload={upload} />
      </Section>
      <StepFoot>
        <ButtonLink href="/upload" look="quiet">
          Choose another file
        </ButtonLink>
        <ButtonLink href={stepHref(upload.id, "review")} look="primary">
          Continue
        </ButtonLink>
      </StepFoot>
      {choosing && <ReadingOptions upload={upload} onClose={() => setChoosing(false)} />}
    </>
  );
}

/** "41 rows · CSV · Comma · Unicode (UTF-8)" */
function readAs(upload: UploadOut): string {
  const { row_count, kind, archive, delimiter, encoding, sheet, skipped_rows, header_row } = upload;
  return [
    row_count !== null && row_count !== undefined && plural(row_count, "row"),
    kind?.toUpperCase() + (archive ? ` in ${archive}` : ""),
    sheet && `sheet “${sheet}”`,
    delimiter && (DELIMITERS[delimiter] ?? `separated by ${delimiter}`),
    encoding && (ENCODINGS[encoding] ?? encoding),
    header_row === 0 ? "no header" : header_row && header_row > 1 && `header in row ${header_row}`,
    skipped_rows && `${plural(skipped_rows, "row")} above it left out`,
  ]
    .filter(Boolean)
    .join(" · ");
}
