"use client";

import Link from "next/link";
import { type Schemas, $api } from "@/api/client";
import { count, plural } from "@/lib/format";
import { asSentence } from "@/lib/sentences";
import { type Tone } from "@/ui/badge";
import { cx } from "@/lib/cx";

type Matter = { id: string; tone: Tone; what: string; why: string; href: string; action: string };

const LOW_CREDITS = 50;

/** What does not go on without somebody. Nothing is shown when there is nothing. */
export function Attention() {
  const matters = useMatters();
  if (matters.length === 0) return null;
  return (
    <section aria-label="Needs attention" className="mb-8 overflow-hidden rounded-lg border bg-surface shadow-low">
      <h2 className="border-b px-4 py-2 text-[0.8125rem] font-medium text-ink-faint">Needs attention</h2>
      <ul>
        {matters.map((matter) => (
          <li key={matter.id} className="border-b last:border-b-0">
            <Link href={matter.href} className="group flex items-start gap-3 px-4 py-2.5 hover:bg-hover/60">
              <span
                aria-hidden
                className={cx("mt-[7px] size-2 shrink-0 rounded-full", matter.tone === "bad" ? "bg-bad" : "bg-warn")}
              />
              <span className="min-w-0 flex-1">
                <span className="font-medium">{matter.what}</span>
                <span className="text-ink-soft max-sm:block sm:before:content-['_·_']">{asSentence(matter.why)}</span>
              </span>
              <span className="shrink-0 font-medium text-accent-ink group-hover:underline">{matter.action}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

function useMatters(): Matter[] {
  const parked = $api.useQuery("get", "/v1/jobs", { params: { query: { limit: 20 } } });
  const credits = $api.useQuery("get", "/v1/credits");
  const notices = $api.useQuery("get", "/v1/billing/notices");
  const mailboxes = $api.useQuery("get", "/v1/mailboxes");
  const unknown = $api.useQuery("get", "/v1/emails", { params: { query: { state: "unknown", limit: 20 } } });
  const dead = $api.useQuery("get", "/v1/dead-letters/causes");
  return [
    ...(parked.data?.items ?? []).filter((job) => job.state === "parked").map(ofJob),
    ...(notices.data?.items ?? []).map((notice) => ofNotice(notice)),
    ...(credits.data && notices.data?.items.length === 0 ? ofCredits(credits.data) : []),
    ...(mailboxes.data?.items ?? []).filter((box) => box.state === "paused" || box.trouble).map(ofMailbox),
    ...(unknown.data?.items.length ? [ofUnknown(unknown.data)] : []),
    ...(dead.data?.items ?? []).map(ofDead),
  ];
}

function ofJob(job: Schemas["JobOut"]): Matter {
  return {
    id: job.id,
    tone: "warn",
    what: `${job.filename} waits`,
    why: job.waiting?.message ?? `${count(job.rows_done)} of ${plural(job.rows_total, "row")} are done`,
    href: `/job?id=${job.id}`,
    action: "See why",
  };
}

function ofNotice(notice: Schemas["NoticeAnswer"]): Matter {
  return { id: notice.kind, tone: "warn", what: "Billing", why: notice.text, href: "/billing", action: "Open billing" };
}

function ofCredits(credits: Schemas["CreditsAnswer"]): Matter[] {
  if (credits.owed > 0) {
    const why = `${plural(credits.owed, "credit")} are owed; what you add next pays them first`;
    return [{ id: "owed", tone: "bad", what: "Credits are owed", why, href: "/billing", action: "Add credits" }];
  }
  if (credits.available >= LOW_CREDITS) return [];
  const why = `${plural(credits.available, "credit")} left; a row costs one`;
  return [{ id: "low", tone: "warn", what: "Credits are low", why, href: "/billing", action: "Add credits" }];
}

function ofMailbox(box: Schemas["MailboxOut"]): Matter {
  const why = box.trouble ?? box.paused_detail ?? box.paused_reason ?? "it was paused";
  const what = `${box.address} ${box.state === "paused" ? "is paused" : "has trouble"}`;
  return { id: box.id, tone: "bad", what, why, href: "/settings/mailboxes", action: "Look at it" };
}

function ofUnknown(page: Schemas["EmailPage"]): Matter {
  const many = page.next_cursor ? `More than ${page.items.length} mails` : plural(page.items.length, "mail");
  return {
    id: "unknown",
    tone: "warn",
    what: `${many} may or may not have left`,
    why: "the connection broke at the handing over; only you can say",
    href: "/sending/unknown",
    action: "Decide",
  };
}

function ofDead(group: Schemas["DeadLetterGroup"]): Matter {
  return {
    id: `dead-${group.cause}`,
    tone: "bad",
    what: `${plural(group.count, "mail")} could not be sent`,
    why: group.what_to_do,
    href: "/sending/dead-letters",
    action: "Mend",
  };
}
