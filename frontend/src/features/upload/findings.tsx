"use client";

import { Download } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { download } from "@/api/client";
import { useAction } from "@/api/use-action";
import { count, plural, words } from "@/lib/format";
import { Status } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Section } from "@/ui/page";
import { SkeletonRows } from "@/ui/states";
import { DataTable } from "@/ui/table";
import type { UploadOut } from "./use-upload";
import { FINDINGS } from "./words";

const FindingRows = dynamic(() => import("./finding-rows").then((m) => m.FindingRows));

/** What the rows were found to lack, by kind, and the way to each row. */
export function Findings({ upload }: { upload: UploadOut }) {
  const [opened, setOpened] = useState<string | null>(null);
  const save = useAction(() => download(`/v1/uploads/${upload.id}/problems.csv`));
  const { findings, check } = upload;
  return (
    <Section
      title="What we noticed in the rows"
      description="No row is left out for any of this. Mend the file and bring it again, or go on as it is."
      actions={
        findings.length > 0 && (
          <Button
            size="sm"
            icon={<Download aria-hidden />}
            busy={save.isPending}
            onClick={() => save.mutate(undefined)}
          >
            Download as CSV
          </Button>
        )
      }
    >
      {check === "running" && findings.length === 0 ? (
        <SkeletonRows rows={3} />
      ) : findings.length === 0 ? (
        <p className="text-ink-soft">
          {check === "failed"
            ? "The rows could not be checked. You can go on; they are checked as they are researched."
            : "Nothing: every row has what research needs."}
        </p>
      ) : (
        <DataTable
          label="Findings"
          rows={findings}
          id={(finding) => finding.code}
          onOpen={(finding) => setOpened(finding.code)}
          selected={(finding) => finding.code === opened}
          columns={[
            {
              title: "Finding",
              cell: (finding) => (
                <>
                  <Status tone={finding.severity === "problem" ? "bad" : "neutral"}>
                    <span className="whitespace-normal">{FINDINGS[finding.code] ?? words(finding.code)}</span>
                  </Status>
                  <p className="mt-0.5 pl-3.5 text-[0.8125rem] text-ink-faint">{finding.advice}</p>
                </>
              ),
            },
            {
              title: "Column",
              from: "md",
              cell: (finding) =>
                finding.columns
                  .map(({ name }) => name)
                  .filter(Boolean)
                  .join(", ") || <span className="text-ink-faint">Whole row</span>,
            },
            { title: "Rows", numeric: true, cell: (finding) => count(finding.count) },
            {
              title: "",
              label: "Actions",
              className: "py-1.5 text-right",
              cell: (finding) => (
                <Button
                  size="sm"
                  look="quiet"
                  aria-label={`Show ${plural(finding.count, "row")}: ${FINDINGS[finding.code] ?? words(finding.code)}`}
                  onClick={() => setOpened(finding.code)}
                >
                  Show
                </Button>
              ),
            },
          ]}
        />
      )}
      {opened !== null && <FindingRows upload={upload} code={opened} onClose={() => setOpened(null)} />}
    </Section>
  );
}
