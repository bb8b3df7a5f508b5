"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { count } from "@/lib/format";
import { useMay } from "@/session/me";
import { Button } from "@/ui/button";
import { Checkbox, Field, Input } from "@/ui/field";
import { Section } from "@/ui/page";
import { Failure, Loaded } from "@/ui/states";
import { ReadOnly } from "./settings-frame";
import { Theirs } from "./theirs";
import { useBase } from "./use-base";

type Settings = Schemas["SendingSettingsOut"];
type Props = { known: Settings; etag: string | undefined };

const KEY = ["get", "/v1/sending/settings"];

/** How much leaves in a day, how it is shared out, and who of a list is left out. */
export function SendingSettings() {
  const [shown, setShown] = useState(0);
  const settings = useQuery({
    queryKey: [...KEY, "with its tag"],
    queryFn: async () => {
      const { data, response } = await api.GET("/v1/sending/settings");
      return { known: data!, etag: response.headers.get("ETag") ?? undefined };
    },
  });
  return (
    <>
      <ReadOnly />
      <Section
        title="Sending"
        description="For all campaigns together. A campaign and a mailbox may have tighter limits of their own; the tightest counts."
      >
        <Loaded query={settings}>
          {(seen) => <Form key={shown} {...seen} onTheirs={() => setShown(shown + 1)} />}
        </Loaded>
      </Section>
      <Section title="Days and hours">
        <p className="max-w-2xl text-ink-soft">
          Each campaign has its own: by the clock where the person is, Monday to Friday from 9 to 17 unless you say
          otherwise, public holidays off. You choose them when you{" "}
          <Link href="/campaigns" className="text-accent-ink underline">
            start a campaign
          </Link>
          , and change them on its page.
        </p>
      </Section>
    </>
  );
}

function Form({ known, etag, onTheirs }: Props & { onTheirs: () => void }) {
  const may = useMay("settings");
  const queries = useQueryClient();
  const base = useBase(known, etag);
  const [typed, setTyped] = useState({
    daily_quota: known.daily_quota?.toString() ?? "",
    domain_quota: known.domain_quota?.toString() ?? "",
    follow_up_share: String(known.follow_up_share),
    campaign_pause_days: String(known.campaign_pause_days),
  });
  const [keepsRoles, setKeepsRoles] = useState(known.keeps_roles);
  const save = useAction(
    async (body: Schemas["SendingSettingsIn"]) =>
      (await api.PUT("/v1/sending/settings", { body, params: { header: { "If-Match": base.etag } } })).data!,
    {
      refresh: [KEY],
      done: "Saved",
      quiet: true,
      onDone: base.adopt,
      onRefused: ({ status }) => status === 412 && void queries.invalidateQueries({ queryKey: KEY }),
    },
  );
  const submit = () =>
    save.mutate({
      sender_name: known.sender_name,
      postal_address: known.postal_address,
      daily_quota: typed.daily_quota === "" ? null : Number(typed.daily_quota),
      domain_quota: typed.domain_quota === "" ? null : Number(typed.domain_quota),
      follow_up_share: Number(typed.follow_up_share),
      campaign_pause_days: Number(typed.campaign_pause_days),
      keeps_roles: keepsRoles,
    });
  const amount = (name: keyof typeof typed, least: number, most: number) => (
    <Input
      type="number"
      inputMode="numeric"
      min={least}
      max={most}
      required={name === "follow_up_share" || name === "campaign_pause_days"}
      placeholder={name === "daily_quota" ? String(known.default_daily_quota) : undefined}
      value={typed[name]}
      onChange={(event) => setTyped({ ...typed, [name]: event.target.value })}
    />
  );
  return (
    <form
      className="max-w-2xl"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {base.changed && !save.isPending && <Theirs onShow={onTheirs} />}
      {save.error && save.error.status !== 412 && <Failure error={save.error} />}
      <fieldset disabled={!may} className="mt-4 grid gap-4 first:mt-0 sm:grid-cols-2">
        <Field
          label="Mails a day"
          hint={`Empty: ${count(known.default_daily_quota)}. The day is that of ${known.time_zone}.`}
        >
          {amount("daily_quota", 1, 100_000)}
        </Field>
        <Field label="Mails a day to one company’s domain" hint="Empty: no limit">
          {amount("domain_quota", 1, 100_000)}
        </Field>
        <Field
          label="Share of follow-ups, in percent"
          hint="So much of a day is kept for them; the rest is for first mails."
        >
          {amount("follow_up_share", 0, 100)}
        </Field>
        <Field label="Days between two campaigns" hint="To the same person; 0 for none.">
          {amount("campaign_pause_days", 0, 365)}
        </Field>
        <Checkbox
          className="sm:col-span-2"
          label="Write to desks, too"
          hint="Such as info@ and sales@. Otherwise they are set aside when a list is made."
          checked={keepsRoles}
          onChange={(event) => setKeepsRoles(event.target.checked)}
        />
      </fieldset>
      {may && (
        <Button type="submit" look="primary" className="mt-5" busy={save.isPending}>
          Save
        </Button>
      )}
    </form>
  );
}
