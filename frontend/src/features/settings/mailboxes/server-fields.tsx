"use client";

import type { Schemas } from "@/api/client";
import { Field, Input, Select } from "@/ui/field";

export type Server = { host: string; port: string; security: Schemas["ServerIn"]["security"]; user: string };

/** Where mail is handed over, and as whom. */
export function ServerFields({ server, onChange }: { server: Server; onChange: (part: Partial<Server>) => void }) {
  return (
    <>
      <Field label="Server">
        <Input
          required
          placeholder="smtp.example.com"
          value={server.host}
          onChange={(event) => onChange({ host: event.target.value })}
        />
      </Field>
      <div className="grid grid-cols-2 gap-4">
        <Field label="Port">
          <Input
            required
            type="number"
            min={1}
            max={65535}
            value={server.port}
            onChange={(event) => onChange({ port: event.target.value })}
          />
        </Field>
        <Field label="Encryption">
          <Select
            value={server.security}
            onChange={(event) => onChange({ security: event.target.value as Server["security"] })}
          >
            <option value="tls">TLS</option>
            <option value="starttls">STARTTLS</option>
            <option value="none">None</option>
          </Select>
        </Field>
      </div>
      <Field label="User" className="sm:col-span-2">
        <Input autoComplete="off" value={server.user} onChange={(event) => onChange({ user: event.target.value })} />
      </Field>
    </>
  );
}
