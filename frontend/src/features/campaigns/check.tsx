"use client";

import { useCallback, useEffect, useRef, useState } from "react";
import type { Schemas } from "@/api/client";
import { asProblem, type Problem } from "@/api/problem";
import { count, plural, words } from "@/lib/format";
import { REASONS, isReason } from "@/features/lists/set-aside-words";
import { Button } from "@/ui/button";
import { Section } from "@/ui/page";
import { Progress } from "@/ui/progress";
import { Failure, Notice } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { Instant } from "@/ui/time";
import { Detail } from "./detail";
import { type Told, readCheck } from "./read-check";

/** Which rows would be left out at the start, and why. */
export function Check({ campaign }: { campaign: Schemas["CampaignOut"] }) {
  const { told, problem, running, run } = useCheck(campaign.id);
  return (
    <Section
      title="Check every row"
      description="Makes the mail of every row and says which rows would be left out. Nothing leaves and nothing changes."
      actions={
        <Button busy={running} onClick={run}>
          {told?.result ? "Check again" : "Check every row"}
        </Button>
      }
    >
      {problem && <Failure error={problem} retry={run} />}
      <div aria-live="polite">
        {running && (
          <div className="max-w-md">
            <p className="mb-2 text-ink-soft num">
              {told && told.of > 0 ? `${count(told.rows)} of ${count(told.of)} rows` : "Making the mails"}
            </p>
            <Progress label="Rows checked" share={told && told.of > 0 ? told.rows / told.of : 0} />
          </div>
        )}
        {told?.result && <Verdict result={told.result} />}
      </div>
      {told && told.problems.length > 0 && <Found told={told} />}
    </Section>
  );
}

function useCheck(campaignId: string) {
  const [told, setTold] = useState<Told | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [running, setRunning] = useState(false);
  const leaving = useRef<AbortController | null>(null);
  useEffect(() => () => leaving.current?.abort(), []);
  const run = useCallback(() => {
    leaving.current?.abort();
    const left = (leaving.current = new AbortController());
    setRunning(true);
    setProblem(null);
    setTold(null);
    readCheck(campaignId, setTold, left.signal)
      .then(setTold, (error: unknown) => !left.signal.aborted && setProblem(asProblem(error)))
      .finally(() => !left.signal.aborted && setRunning(false));
  }, [campaignId]);
  return { told, problem, running, run };
}

function Verdict({ result }: { result: Schemas["CheckOut"] }) {
  const { rows, ready, problems, resting } = result;
  const left = Object.entries(problems).sort(([, a], [, b]) => b - a);
  return (
    <div className="flex flex-col gap-3">
      <p className="text-base num">
        <span className="font-medium">{count(ready)}</span> of {plural(rows, "row")} can be written to
        {left.length === 0 ? "." : ":"}
      </p>
      {left.length > 0 && (
        <ul className="flex flex-col gap-1 text-ink-soft">
          {left.map(([code, many]) => (
            <li key={code} className="num">
              {count(many)} left out: {(isReason(code) ? REASONS[code].label : words(code)).toLowerCase()}
            </li>
          ))}
        </ul>
      )}
      {resting && (
        <Notice tone="warn" title={`${plural(resting.leads, "lead")} will wait`}>
          Another campaign wrote to them within {plural(resting.pause_days, "day")}. The first can be written to from{" "}
          <Instant at={resting.first_until} />, the last from <Instant at={resting.last_until} />.
        </Notice>
      )}
    </div>
  );
}

function Found({ told }: { told: Told }) {
  return (
    <div className="mt-6">
      <DataTable
        label="Rows that would be left out"
        rows={told.problems}
        id={(row) => `${row.row_no} ${row.code}`}
        columns={[
          { title: "Row", numeric: true, className: "w-14", cell: (row) => row.row_no },
          { title: "Email", from: "sm", className: "break-all", cell: (row) => row.email },
          { title: "What keeps it out", className: "min-w-40", cell: (row) => <Detail said={row.detail} /> },
        ]}
      />
      {told.result && told.result.rows - told.result.ready > told.problems.length && (
        <p className="mt-3 text-ink-faint">The first {count(told.problems.length)} of them are shown.</p>
      )}
    </div>
  );
}
