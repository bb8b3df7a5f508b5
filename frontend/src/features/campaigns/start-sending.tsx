"use client";

import { ChevronRight } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { $api, api, type Schemas } from "@/api/client";
import { asProblem } from "@/api/problem";
import { useAction } from "@/api/use-action";
import { plural } from "@/lib/format";
import { orderKey, orderRefused, orderStarted } from "@/lib/order-key";
import { toast } from "@/ui/toast";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Input } from "@/ui/field";
import { Failure } from "@/ui/states";
import { MailboxChoice } from "./mailbox-choice";
import { TemplateChoice } from "./template-choice";
import { WindowFields } from "./window-fields";
import { type Hours, USUAL, windowInWords } from "./window-words";

type Wish = { body: Schemas["CampaignIn"]; start: boolean };
type Made = { id: string; started: boolean };

/** Everything a campaign needs, filled in already: the button at the foot is enough. */
export function StartSending({
  list,
  onClose,
}: {
  list: Pick<Schemas["ListOut"], "id" | "name" | "recipients" | "set_aside">;
  onClose: () => void;
}) {
  const router = useRouter();
  const settings = $api.useQuery("get", "/v1/sending/settings");
  const [name, setName] = useState(list.name);
  const [template, setTemplate] = useState("");
  const [mailboxes, setMailboxes] = useState<string[]>([]);
  const [quota, setQuota] = useState("");
  const [hours, setHours] = useState<Hours>(USUAL);
  const make = useAction(begin, {
    quiet: true,
    refresh: [["get", "/v1/campaigns"]],
    onDone: ({ id, started }) => {
      if (started) toast.done("Sending has started");
      router.push(`/campaign?id=${id}${started ? "" : "&tab=check"}`);
      onClose();
    },
  });
  const ask = (start: boolean) =>
    make.mutate({
      start,
      body: {
        list_id: list.id,
        name: name.trim() || list.name,
        template_id: template || null,
        daily_quota: quota === "" ? null : Number(quota),
        mailbox_ids: mailboxes,
        weight: 1,
        window: hours,
      },
    });
  const daily = settings.data && (settings.data.daily_quota ?? settings.data.default_daily_quota);
  return (
    <Dialog
      open
      onClose={onClose}
      title="Start sending"
      description={`To ${plural(list.recipients - list.set_aside, "lead")} of ${list.name}.`}
      actions={
        <>
          <Button busy={make.isPending} onClick={() => ask(false)}>
            Save as draft
          </Button>
          <Button look="primary" type="submit" form="start-sending" busy={make.isPending}>
            Start sending
          </Button>
        </>
      }
    >
      <form
        id="start-sending"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          ask(true);
        }}
      >
        {make.error && <Failure error={make.error} />}
        <Field label="Name">
          <Input required maxLength={200} value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <TemplateChoice listId={list.id} value={template} onChange={setTemplate} />
        <MailboxChoice value={mailboxes} onChange={setMailboxes} />
        <Field label="Mails a day, at most" hint="Your workspace's own limit holds as well.">
          <Input
            type="number"
            min={1}
            max={100_000}
            placeholder={daily ? String(daily) : undefined}
            value={quota}
            onChange={(event) => setQuota(event.target.value)}
          />
        </Field>
        <details className="group">
          <summary className="flex list-none items-start gap-1 rounded">
            <ChevronRight aria-hidden className="mt-1 size-4 text-ink-faint group-open:rotate-90" />
            <span>
              <span className="font-medium">Days and hours</span>
              <span className="block text-[0.8125rem] text-ink-faint">{windowInWords(hours)}</span>
            </span>
          </summary>
          <div className="pt-3 pl-5">
            <WindowFields value={hours} onChange={setHours} />
          </div>
        </details>
      </form>
    </Dialog>
  );
}

/** Makes the campaign and starts it. When only the start is refused, the draft is there, and its page says what to mend. */
async function begin({ body, start }: Wish): Promise<Made> {
  const id = await made(body);
  if (!start) return { id, started: false };
  try {
    await api.POST("/v1/campaigns/{campaign_id}/start", { params: { path: { campaign_id: id } } });
    return { id, started: true };
  } catch (error) {
    const problem = asProblem(error);
    if (problem.status < 400 || problem.status >= 500) throw problem;
    // What keeps every row out stands on the page of the draft.
    if (problem.code !== "nothing_to_send") toast.problem(problem);
    return { id, started: false };
  }
}

/** The campaign of this wish; the same one for a second click or another tab. */
async function made(body: Wish["body"]): Promise<string> {
  const header = { "Idempotency-Key": orderKey(body.list_id, body) };
  try {
    const { id } = (await api.POST("/v1/campaigns", { body, params: { header } })).data!;
    orderStarted(body.list_id);
    return id;
  } catch (error) {
    const { status } = asProblem(error);
    if (status >= 400 && status < 500) orderRefused(body.list_id);
    throw error;
  }
}
