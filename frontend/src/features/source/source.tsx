"use client";

import { useRef, useState } from "react";
import { api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { useMay } from "@/session/me";
import { PageHeader, Section } from "@/ui/page";
import { Failure, Notice } from "@/ui/states";
import { Bought } from "./bought";
import { type Filters, isBlank, keepSearch, keptSearch } from "./filters";
import { Found } from "./found";
import { SearchForm } from "./search-form";

/** Apollo as a way in: who is looked for, who is there, and the price of their addresses. */
export function Source() {
  const may = useMay("jobs");
  const [filters, setFilters] = useState<Filters>(keptSearch);
  const found = useRef<HTMLDivElement>(null);
  const look = useAction(
    async (wish: Filters) => ({
      filters: wish,
      answer: (await api.POST("/v1/sourcings/preview", { body: { filters: wish } })).data!,
    }),
    { quiet: true, onDone: () => found.current?.scrollIntoView({ block: "nearest", behavior: "smooth" }) },
  );
  const change = (part: Partial<Filters>) => {
    const after = { ...filters, ...part };
    setFilters(after);
    keepSearch(after);
  };
  return (
    <>
      <PageHeader
        title="Find leads"
        description="Say who you are looking for. Looking is free; you pay for the people whose address you get."
      />
      <Section title="Who">
        {!may && (
          <Notice tone="warn" className="mb-4">
            Your role can look at jobs, and not start them. Ask an admin for the member role.
          </Notice>
        )}
        <SearchForm
          filters={filters}
          change={change}
          busy={look.isPending}
          found={(look.data?.answer.total ?? 0) > 0}
          disabled={!may || isBlank(filters)}
          onLook={() => look.mutate(filters)}
        />
      </Section>
      <div ref={found} aria-live="polite">
        {look.error && <Failure error={look.error} retry={() => look.mutate(filters)} className="mb-6" />}
        {look.data && <Found key={look.submittedAt} filters={look.data.filters} found={look.data.answer} />}
      </div>
      <Section title="Earlier searches" className="first-of-type:border-t first-of-type:pt-6">
        <Bought />
      </Section>
    </>
  );
}
