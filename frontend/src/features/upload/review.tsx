"use client";

import { ButtonLink } from "@/ui/button";
import { PageHeader, Section } from "@/ui/page";
import { ExtraColumns } from "./extra-columns";
import { OpeningLines } from "./opening-lines";
import { Price } from "./price";
import { Steps, stepHref } from "./steps";
import { TryRows } from "./try-rows";
import { useOrder } from "./use-order";
import { useQuote } from "./use-quote";
import type { UploadOut } from "./use-upload";
import { WhichRows } from "./which-rows";
import { WithoutResearch } from "./without-research";

/** Step 3: which rows, what is asked of their lines, what it costs, three rows for nothing, and the start. */
export function Review({ upload }: { upload: UploadOut }) {
  const { order, change } = useOrder(upload.id);
  const quote = useQuote(upload, order);
  return (
    <>
      <PageHeader
        title={upload.filename}
        back={{ href: stepHref(upload.id, "columns"), label: "Columns" }}
        actions={
          <ButtonLink href="/catalogue" look="quiet">
            Products and rules
          </ButtonLink>
        }
      >
        <Steps now="review" id={upload.id} />
      </PageHeader>
      <div className="grid gap-x-12 gap-y-8 lg:grid-cols-[minmax(0,1fr)_19rem]">
        <div className="min-w-0">
          <Section title="Rows">
            <WhichRows order={order} change={change} quote={quote.data} />
          </Section>
          <Section title="Opening lines" description="What each line is like. It says nothing that no source backs.">
            <OpeningLines order={order} change={change} upload={upload} />
          </Section>
          <Section
            title="Extra columns"
            description="Facts you want to know of every row, such as the number of sites. Each is researched, with its sources."
          >
            <ExtraColumns order={order} change={change} pricePerRow={quote.data?.credits_per_column} />
          </Section>
          <Section title="Try it first" description="Up to three rows, free. The list takes their results over.">
            <TryRows upload={upload} order={order} missing={quote.data?.missing_providers ?? []} />
          </Section>
        </div>
        <Price upload={upload} order={order} change={change} quote={quote} />
      </div>
      <WithoutResearch upload={upload} />
    </>
  );
}
