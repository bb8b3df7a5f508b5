"use client";

import { $api } from "@/api/client";
import { words } from "@/lib/format";
import { Choices, Field, Input, Select, Textarea } from "@/ui/field";
import { Loaded, SkeletonRows } from "@/ui/states";
import { TagInput } from "@/ui/tags";
import type { Order } from "./use-order";
import type { UploadOut } from "./use-upload";

type Props = { order: Order; change: (part: Partial<Order>) => void; upload: UploadOut };

/** What each opening line is to be like. */
export function OpeningLines({ order, change, upload }: Props) {
  const query = $api.useQuery("get", "/v1/line-options", {}, { staleTime: Infinity });
  return (
    <Loaded query={query} skeleton={<SkeletonRows rows={4} />}>
      {(options) => (
        <div className="flex flex-col gap-4">
          <Field
            label="What you offer"
            aside="Optional"
            hint="One or two sentences. Where this is empty, a line speaks of the product that your catalogue has for the row."
          >
            <Textarea
              maxLength={2000}
              placeholder="Sensors that tell when an oil drum is about to run empty"
              value={order.offer}
              onChange={(event) => change({ offer: event.target.value })}
            />
          </Field>
          <div className="flex flex-col gap-1.5">
            <span className="text-sm font-medium">Tone</span>
            <div>
              <Choices
                label="Tone"
                value={order.tone}
                options={options.tones.map(({ name }) => ({ value: name as Order["tone"], label: words(name) }))}
                onChange={(tone) => change({ tone })}
              />
            </div>
            <p className="text-[0.8125rem] text-ink-faint">
              {options.tones.find(({ name }) => name === order.tone)?.rule}
            </p>
          </div>
          <div className="grid gap-4 sm:grid-cols-2">
            <Field label="Language">
              <Select value={order.language} onChange={(event) => change({ language: event.target.value })}>
                {options.languages.map(({ code, name }) => (
                  <option key={code} value={code}>
                    {name}
                  </option>
                ))}
              </Select>
            </Field>
            <Field label="Longest line, in words" hint={`${options.min_words} to ${options.max_words}.`}>
              <Length
                value={order.max_words}
                min={options.min_words}
                max={options.max_words}
                onChange={(max_words) => change({ max_words })}
              />
            </Field>
          </div>
          <details className="group" open={order.forbidden_words.length > 0 || order.line_rules !== ""}>
            <summary className="w-fit rounded font-medium text-accent-ink">Words and rules of your own</summary>
            <div className="mt-4 flex flex-col gap-4">
              <Field label="Words never to use" aside="Optional" hint="Press Enter after each.">
                <TagInput
                  value={order.forbidden_words}
                  maxLength={options.max_forbidden_chars}
                  placeholder="synergy, game changer"
                  onChange={(all) => change({ forbidden_words: all.slice(0, options.max_forbidden_words) })}
                />
              </Field>
              <Field
                label="Your own rules"
                aside="Optional"
                hint={`You may name columns in braces, such as {company} or {${upload.columns[0]?.name ?? "title"}}.`}
              >
                <Textarea
                  maxLength={options.max_line_rules_chars}
                  placeholder="Name {company} once. Do not ask for a call."
                  value={order.line_rules}
                  onChange={(event) => change({ line_rules: event.target.value })}
                />
              </Field>
            </div>
          </details>
        </div>
      )}
    </Loaded>
  );
}

type LengthProps = { id?: string; value: number; min: number; max: number; onChange: (words: number) => void };

/** Takes what is typed as it is, and brings it within the bounds when the field is left. */
function Length({ value, min, max, onChange, ...rest }: LengthProps) {
  return (
    <Input
      {...rest}
      key={value}
      type="number"
      inputMode="numeric"
      className="num"
      min={min}
      max={max}
      defaultValue={value}
      onBlur={(event) => onChange(Math.min(max, Math.max(min, Math.trunc(Number(event.target.value)) || value)))}
    />
  );
}
