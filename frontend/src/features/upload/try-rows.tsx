"use client";

import { FlaskConical } from "lucide-react";
import { usePathname, useRouter, useSearchParams } from "next/navigation";
import { useState } from "react";
import { api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { plural } from "@/lib/format";
import { useIdParam } from "@/lib/use-id-param";
import { useMay } from "@/session/me";
import { Button } from "@/ui/button";
import { Checkbox } from "@/ui/field";
import { Failure } from "@/ui/states";
import { shown } from "./sample";
import { Trial } from "./trial";
import type { Order } from "./use-order";
import type { UploadOut } from "./use-upload";

const MOST = 3;
const SHOWN = 6;

/** Up to three rows of one's choosing, free, with what comes out. */
export function TryRows({ upload, order, missing }: { upload: UploadOut; order: Order; missing: string[] }) {
  const may = useMay("jobs");
  const { trial, keep } = useTrialParam();
  const rows = upload.sample.slice(0, SHOWN).map((cells, index) => ({ no: index + 1, label: labelOf(upload, cells) }));
  const [chosen, setChosen] = useState(() => rows.slice(0, MOST).map(({ no }) => no));
  const attempt = useAction(
    async (row_nos: number[], key) => {
      const { language, max_words, offer, tone, forbidden_words, line_rules, extra_columns } = order;
      const wishes = { language, max_words, offer, tone, forbidden_words, line_rules, extra_columns };
      const params = { path: { upload_id: upload.id }, header: { "Idempotency-Key": key } };
      const body = { ...wishes, accept_degraded: missing.length > 0, rows: row_nos };
      return (await api.POST("/v1/uploads/{upload_id}/trials", { params, body })).data!;
    },
    { quiet: true, refresh: [["post", "/v1/quotes"]], onDone: (job) => keep(job.id) },
  );
  return (
    <div className="flex flex-col gap-4">
      <fieldset className="flex flex-col gap-2">
        <legend className="sr-only">Rows to try</legend>
        {rows.map(({ no, label }) => (
          <Checkbox
            key={no}
            label={label}
            checked={chosen.includes(no)}
            disabled={!chosen.includes(no) && chosen.length >= MOST}
            onChange={(event) =>
              setChosen((before) =>
                event.target.checked ? [...before, no].sort((a, b) => a - b) : before.filter((one) => one !== no),
              )
            }
          />
        ))}
      </fieldset>
      {attempt.error && <Failure error={attempt.error} />}
      <div>
        <Button
          icon={<FlaskConical aria-hidden />}
          busy={attempt.isPending}
          disabled={!may || chosen.length === 0}
          onClick={() => attempt.mutate(chosen)}
        >
          {chosen.length === 0 ? "Try rows" : `Try ${plural(chosen.length, "row")}`}
        </Button>
      </div>
      {trial !== null && <Trial key={trial} id={trial} />}
    </div>
  );
}

/** The trial that is shown; it stands in the address, so that a reload shows it again. */
function useTrialParam() {
  const router = useRouter();
  const path = usePathname();
  const search = useSearchParams();
  return {
    trial: useIdParam("trial"),
    keep: (id: string) => {
      const params = new URLSearchParams(search);
      params.set("trial", id);
      router.replace(`${path}?${params.toString()}`, { scroll: false });
    },
  };
}

/** Who a row is about, as far as its columns say. */
function labelOf(upload: UploadOut, cells: UploadOut["sample"][number]): string {
  const of = (role: string) => {
    const index = (upload.mapping as Record<string, number>)[role];
    return index === undefined ? "" : shown(cells[index]).trim();
  };
  const person = of("full_name") || [of("first_name"), of("last_name")].filter(Boolean).join(" ");
  const company = of("company") || of("website");
  return (
    [person, company].filter(Boolean).join(", ") || of("email") || cells.map(shown).filter(Boolean)[0] || "Blank row"
  );
}
