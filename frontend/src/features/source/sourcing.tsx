"use client";

import { $api } from "@/api/client";
import { useIsLive } from "@/api/live";
import { count, plural } from "@/lib/format";
import { useIdParam } from "@/lib/use-id-param";
import { Badge, Status } from "@/ui/badge";
import { ButtonLink } from "@/ui/button";
import { Fact, Facts, Figure, Figures, PageHeader, Section } from "@/ui/page";
import { Progress } from "@/ui/progress";
import { Empty, Failure, Notice, SkeletonRows } from "@/ui/states";
import { Ago, Instant } from "@/ui/time";
import { type Filters, type Sourcing as One, keepSearch, told } from "./filters";
import { hasEnded, reasonOf, stateOf } from "./states";
import { Turns } from "./turns";

const BACK = { href: "/source", label: "Find leads" };

/** Leads that are being found, live, and the way on to a job of them. */
export function Sourcing() {
  const id = useIdParam();
  if (id === null) {
    return (
      <>
        <PageHeader title="Leads being found" back={BACK} />
        <Empty title="This address names no search" action={<ButtonLink href="/source">Find leads</ButtonLink>} />
      </>
    );
  }
  return <OneSourcing key={id} id={id} />;
}

function OneSourcing({ id }: { id: string }) {
  const live = useIsLive();
  const query = $api.useQuery(
    "get",
    "/v1/sourcings/{sourcing_id}",
    { params: { path: { sourcing_id: id } } },
    { refetchInterval: ({ state }) => (state.data && hasEnded(state.data.state) ? false : live ? 10_000 : 5_000) },
  );
  const sourcing = query.data;
  if (sourcing === undefined) {
    return (
      <>
        <PageHeader title="Leads being found" back={BACK} />
        {query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <SkeletonRows />}
      </>
    );
  }
  return (
    <>
      <PageHeader
        title={sourcing.name}
        back={BACK}
        description={<StateLine sourcing={sourcing} />}
        actions={
          <>
            <Turns sourcing={sourcing} />
            {sourcing.upload_id && (
              <ButtonLink href={`/upload?id=${sourcing.upload_id}`} look="primary">
                {`Go on with ${plural(sourcing.leads, "lead")}`}
              </ButtonLink>
            )}
          </>
        }
      />
      <Told sourcing={sourcing} />
      <Section title="So far">
        <Sofar sourcing={sourcing} />
      </Section>
      <Section
        title="Who was looked for"
        actions={
          <ButtonLink size="sm" href="/source" onClick={() => keepSearch(sourcing.filters as Partial<Filters>)}>
            Look for more like this
          </ButtonLink>
        }
      >
        <Facts>
          {told(sourcing.filters as Partial<Filters>).map(({ label, value }) => (
            <Fact key={label} name={label}>
              {value}
            </Fact>
          ))}
          {sourcing.skip_known && <Fact name="Left out">People you have bought before</Fact>}
        </Facts>
      </Section>
    </>
  );
}

function StateLine({ sourcing }: { sourcing: One }) {
  const { label, tone, live } = stateOf(sourcing.state);
  return (
    <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <Status tone={tone} live={live}>
        {label}
      </Status>
      <span>
        started <Ago at={sourcing.created_at} />
      </span>
      {sourcing.sandboxed && <Badge tone="warn">Sandbox</Badge>}
    </span>
  );
}

/** What it waits for, or why it ended. */
function Told({ sourcing }: { sourcing: One }) {
  const { state, resume_at } = sourcing;
  const reason = reasonOf(sourcing.reason, sourcing.message);
  if (reason === null && resume_at === null) return null;
  return (
    <Notice
      tone={state === "failed" || state === "declined" ? "bad" : state === "parked" ? "warn" : "neutral"}
      className="mb-6"
    >
      {reason}
      {resume_at && (
        <>
          {" "}
          It goes on by itself at <Instant at={resume_at} />.
        </>
      )}
    </Notice>
  );
}

function Sofar({ sourcing }: { sourcing: One }) {
  const { people, asked, leads, matches, state } = sourcing;
  const share = hasEnded(state) ? 1 : people === 0 ? 0 : asked / people;
  return (
    <>
      <Figures className="mb-5">
        <Figure name="Leads with an address" hint={`of ${count(sourcing.count)} wanted`}>
          {count(leads)}
        </Figure>
        <Figure name="People chosen" hint={matches === null ? undefined : `of ${count(matches)} who match`}>
          {count(people)}
        </Figure>
        <Figure name="Asked for">{count(asked)}</Figure>
        <Figure name="Credits charged" hint={`of ${count(sourcing.credits_needed)} at most`}>
          {count(sourcing.credits_total)}
        </Figure>
      </Figures>
      {!hasEnded(state) && <Progress share={share} label="Addresses asked for" />}
    </>
  );
}
