"use client";

import { useState } from "react";
import { type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { plural } from "@/lib/format";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Input, Select } from "@/ui/field";
import { Failure } from "@/ui/states";
import { UPLOAD_KEY, type UploadOut } from "./use-upload";
import { DELIMITERS, ENCODINGS } from "./words";

type Options = Schemas["ReadingOptionsIn"];

/** How the file is to be read; what is left on automatic is decided anew. */
export function ReadingOptions({ upload, onClose }: { upload: UploadOut; onClose: () => void }) {
  const [options, setOptions] = useState<Options>(upload.options);
  const change = (part: Options) => setOptions((before) => ({ ...before, ...part }));
  const read = useAction(
    async (wish: Options) =>
      (
        await api.PUT("/v1/uploads/{upload_id}/reading", {
          params: { path: { upload_id: upload.id } },
          body: wish,
        })
      ).data!,
    { quiet: true, refresh: [UPLOAD_KEY, ["get", "/v1/uploads"]], onDone: onClose },
  );
  const isText = upload.sheets === null || upload.sheets === undefined;
  return (
    <Dialog
      open
      onClose={onClose}
      title="Read it differently"
      description="The file is read again as you say here. What you chose for its columns is guessed anew."
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="reading" busy={read.isPending}>
            Read again
          </Button>
        </>
      }
    >
      <form
        id="reading"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          read.mutate(options);
        }}
      >
        {read.error && <Failure error={read.error} />}
        {upload.sheets && (
          <Field label="Sheet">
            <Select value={options.sheet ?? ""} onChange={(event) => change({ sheet: event.target.value || null })}>
              <option value="">Automatic</option>
              {upload.sheets.map((sheet) => (
                <option key={sheet.name} value={sheet.name}>
                  {sheet.name}
                  {sheet.rows !== null && ` (${plural(sheet.rows, "row")})`}
                  {!sheet.visible && ", hidden"}
                </option>
              ))}
            </Select>
          </Field>
        )}
        <Field
          label="Row with the column names"
          hint="Empty for automatic; 0 if there is none. Rows above it are left out."
        >
          <Input
            type="number"
            min={0}
            max={1000}
            placeholder={upload.header_row === null || upload.header_row === undefined ? "" : String(upload.header_row)}
            value={options.header_row ?? ""}
            onChange={(event) => change({ header_row: event.target.value === "" ? null : Number(event.target.value) })}
          />
        </Field>
        {isText && <TextOptions upload={upload} options={options} change={change} />}
      </form>
    </Dialog>
  );
}

type TextProps = { upload: UploadOut; options: Options; change: (part: Options) => void };

function TextOptions({ upload, options, change }: TextProps) {
  const found = upload.encoding ? `: ${ENCODINGS[upload.encoding] ?? upload.encoding}` : "";
  return (
    <>
      <Field label="Characters" hint="Change this if letters such as ü or é look wrong.">
        <Select value={options.encoding ?? ""} onChange={(event) => change({ encoding: event.target.value || null })}>
          <option value="">{`Automatic${options.encoding ? "" : found}`}</option>
          {Object.entries(ENCODINGS).map(([name, label]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </Select>
      </Field>
      <Field label="Cells are separated by">
        <Select value={options.delimiter ?? ""} onChange={(event) => change({ delimiter: event.target.value || null })}>
          <option value="">Automatic</option>
          {Object.entries(DELIMITERS).map(([character, label]) => (
            <option key={character} value={character}>
              {label}
            </option>
          ))}
        </Select>
      </Field>
      <Field label="Quotation mark around cells">
        <Select
          value={options.quotechar ?? "automatic"}
          onChange={(event) => change({ quotechar: event.target.value === "automatic" ? null : event.target.value })}
        >
          <option value="automatic">Automatic</option>
          <option value={'"'}>Double (&quot;)</option>
          <option value="'">Single (&apos;)</option>
          <option value="">None</option>
        </Select>
      </Field>
    </>
  );
}
