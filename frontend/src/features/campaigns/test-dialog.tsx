"use client";

import { useState } from "react";
import { api, type Schemas } from "@/api/client";
import { useAction } from "@/api/use-action";
import { useMe } from "@/session/me";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Input } from "@/ui/field";
import { Failure, Notice } from "@/ui/states";

/** The mail of one row, sent to whoever asks. */
export function TestDialog({
  campaign,
  rowNo,
  onClose,
}: {
  campaign: Schemas["CampaignOut"];
  rowNo?: number;
  onClose: () => void;
}) {
  const me = useMe().data;
  const [to, setTo] = useState("");
  const [row, setRow] = useState(rowNo === undefined ? "" : String(rowNo));
  const send = useAction(
    async (body: Schemas["TestIn"], key) =>
      (
        await api.POST("/v1/campaigns/{campaign_id}/test", {
          params: { path: { campaign_id: campaign.id }, header: { "Idempotency-Key": key } },
          body,
        })
      ).data!,
    { quiet: true },
  );
  return (
    <Dialog
      open
      onClose={onClose}
      title="Send me a test"
      description="The mail as a lead would get it, marked [Test]. No lead gets anything."
      actions={
        <Button look="primary" type="submit" form="test-mail" busy={send.isPending}>
          Send the test
        </Button>
      }
    >
      <form
        id="test-mail"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          send.mutate({ to: to.trim() || null, row_no: row === "" ? null : Number(row) });
        }}
      >
        {send.error && <Failure error={send.error} />}
        {send.data && <Outcome test={send.data} />}
        <Field label="To">
          <Input
            type="email"
            placeholder={me?.email ?? undefined}
            value={to}
            onChange={(event) => setTo(event.target.value)}
          />
        </Field>
        <Field label="As the lead of row" hint="Empty: the first row of the list.">
          <Input type="number" min={1} value={row} onChange={(event) => setRow(event.target.value)} />
        </Field>
      </form>
    </Dialog>
  );
}

function Outcome({ test }: { test: Schemas["TestOut"] }) {
  if (test.state === "failed") {
    return (
      <Notice tone="bad" title="It was not taken">
        {test.reason}
      </Notice>
    );
  }
  if (test.state === "sent") {
    return (
      <Notice tone="accent" title={`Sent to ${test.to}`}>
        {test.subject}
      </Notice>
    );
  }
  return <Notice tone="warn">The provider did not say whether it took the mail. Look into {test.to}.</Notice>;
}
