"use client";

import { useState } from "react";
import { $api, type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { useMay } from "@/session/me";
import { Button } from "@/ui/button";
import { Field, Input, Select } from "@/ui/field";
import { Section } from "@/ui/page";
import { Loaded } from "@/ui/states";
import { ReadOnly } from "./settings-frame";

export function WorkspaceSettings() {
  const workspace = $api.useQuery("get", "/v1/workspace");
  const sender = $api.useQuery("get", "/v1/sending/settings");
  return (
    <>
      <ReadOnly />
      <Section title="Workspace" description="The day of the workspace is the day that quotas and caps count.">
        <Loaded query={workspace}>{(known) => <Named key={`${known.name} ${known.time_zone}`} known={known} />}</Loaded>
      </Section>
      <Section
        title="Who writes"
        description="Every mail names its sender and a postal address at its foot; the law of most countries asks for both."
      >
        <Loaded query={sender}>
          {(known) => <Identity key={`${known.sender_name} ${known.postal_address}`} known={known} />}
        </Loaded>
      </Section>
    </>
  );
}

function Named({ known }: { known: Schemas["WorkspaceOut"] }) {
  const may = useMay("settings");
  const [name, setName] = useState(known.name);
  const [zone, setZone] = useState(known.time_zone);
  const save = useAction(
    async (body: { name: string; time_zone: string }) => (await api.PATCH("/v1/workspace", { body })).data!,
    {
      refresh: [
        ["get", "/v1/workspace"],
        ["get", "/v1/me"],
        ["get", "/v1/workspaces"],
      ],
      done: "Saved",
      quiet: true,
    },
  );
  return (
    <form
      className="flex max-w-md flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ name: name.trim(), time_zone: zone });
      }}
    >
      <Field label="Name" error={save.error?.message}>
        <Input required maxLength={80} disabled={!may} value={name} onChange={(event) => setName(event.target.value)} />
      </Field>
      <Field label="Time zone of its day">
        <Select disabled={!may} value={zone} onChange={(event) => setZone(event.target.value)}>
          {zones(zone).map((one) => (
            <option key={one} value={one}>
              {one.replaceAll("_", " ")}
            </option>
          ))}
        </Select>
      </Field>
      {may && (
        <div>
          <Button type="submit" look="primary" busy={save.isPending}>
            Save
          </Button>
        </div>
      )}
    </form>
  );
}

function zones(known: string): string[] {
  return [...new Set(["UTC", known, ...Intl.supportedValuesOf("timeZone")])];
}

function Identity({ known }: { known: Schemas["SendingSettingsOut"] }) {
  const may = useMay("settings");
  const [name, setName] = useState(known.sender_name);
  const [address, setAddress] = useState(known.postal_address);
  const save = useAction(
    async (changed: { sender_name: string; postal_address: string }) => {
      const { daily_quota, domain_quota, follow_up_share, campaign_pause_days, keeps_roles } = known;
      const kept = { daily_quota, domain_quota, follow_up_share, campaign_pause_days, keeps_roles };
      return (await api.PUT("/v1/sending/settings", { body: { ...kept, ...changed } })).data!;
    },
    { refresh: [["get", "/v1/sending/settings"]], done: "Saved", quiet: true },
  );
  return (
    <form
      className="flex max-w-md flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ sender_name: name.trim(), postal_address: address.trim() });
      }}
    >
      <Field
        label="Sender's name"
        hint={known.default_sender_name && `Empty: ${known.default_sender_name}`}
        error={save.error?.message}
      >
        <Input
          disabled={!may}
          placeholder={known.default_sender_name}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </Field>
      <Field label="Postal address" hint={known.default_postal_address && `Empty: ${known.default_postal_address}`}>
        <Input
          disabled={!may}
          placeholder={known.default_postal_address}
          value={address}
          onChange={(event) => setAddress(event.target.value)}
        />
      </Field>
      {may && (
        <div>
          <Button type="submit" look="primary" busy={save.isPending}>
            Save
          </Button>
        </div>
      )}
    </form>
  );
}
