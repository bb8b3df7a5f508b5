"use client";

import { useState } from "react";
import { $api, type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { words } from "@/lib/format";
import { useMay } from "@/session/me";
import { Button, ButtonLink } from "@/ui/button";
import { SidePanel } from "@/ui/dialog";
import { Field, Input } from "@/ui/field";
import { Fact, Facts } from "@/ui/page";
import { Loaded } from "@/ui/states";
import { Instant } from "@/ui/time";
import { useDeeds } from "./use-deeds";

/** One mail that was not sent: why, another address for it, and what was done about it. */
export function LetterPanel({ emailId, onClose }: { emailId: string; onClose: () => void }) {
  const letter = $api.useQuery("get", "/v1/dead-letters/{email_id}", { params: { path: { email_id: emailId } } });
  return (
    <SidePanel open onClose={onClose} title={letter.data?.email ?? "A mail that was not sent"}>
      <Loaded query={letter}>{(known) => <Letter known={known} onClose={onClose} />}</Loaded>
    </SidePanel>
  );
}

function Letter({ known, onClose }: { known: Schemas["DeadLetterDetail"]; onClose: () => void }) {
  const may = useMay("sending") && known.state === "open";
  const { replay, discard } = useDeeds(onClose);
  const [email, setEmail] = useState(known.email);
  const readdress = useAction(
    async (body: { email: string }) =>
      (await api.PATCH("/v1/dead-letters/{email_id}", { params: { path: { email_id: known.email_id } }, body })).data!,
    {
      refresh: [
        ["get", "/v1/dead-letters"],
        ["get", "/v1/dead-letters/{email_id}"],
      ],
      done: "It goes to the other address once you send it again",
      quiet: true,
    },
  );
  return (
    <div className="flex flex-col gap-6">
      <div>
        <p className="font-medium">{known.detail || words(known.cause)}</p>
        <p className="mt-1 text-ink-soft">{known.what_to_do}</p>
      </div>
      {may && (
        <form
          className="flex items-end gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            readdress.mutate({ email: email.trim() });
          }}
        >
          <Field label="Address" error={readdress.error?.message} className="flex-1">
            <Input type="email" required value={email} onChange={(event) => setEmail(event.target.value)} />
          </Field>
          <Button type="submit" busy={readdress.isPending} disabled={email.trim() === known.email}>
            Change
          </Button>
        </form>
      )}
      <Facts>
        <Fact name="Subject">{known.subject ?? "was not written yet"}</Fact>
        <Fact name="Campaign">{known.campaign_name}</Fact>
        <Fact name="Row">
          <span className="num">{known.row_no}</span>
        </Fact>
        <Fact name="Tried">
          <span className="num">{known.attempts} times</span>
        </Fact>
        <Fact name="Stuck since">
          <Instant at={known.opened_at} />
        </Fact>
      </Facts>
      {known.actions.length > 0 && (
        <ul className="text-ink-soft">
          {known.actions.map((one) => (
            <li key={one.made_at}>
              {words(one.action)} · <Instant at={one.made_at} />
            </li>
          ))}
        </ul>
      )}
      <div className="flex flex-wrap gap-2 border-t pt-4">
        {may && (
          <>
            <Button look="primary" busy={replay.isPending} onClick={() => replay.mutate({ email_id: known.email_id })}>
              Send again
            </Button>
            <Button busy={discard.isPending} onClick={() => discard.mutate({ email_id: known.email_id })}>
              Let it be
            </Button>
          </>
        )}
        <ButtonLink look="quiet" href={`/campaign?id=${known.campaign_id}`}>
          Open the campaign
        </ButtonLink>
      </div>
    </div>
  );
}
