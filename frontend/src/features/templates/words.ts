import type { Schemas } from "@/api/client";

/** A template as it stands in the editor: an empty part is one that the mail has not. */
export type Words = { name: string; subject: string; text: string; html: string };
export type Part = "subject" | "text" | "html";

/** What a template begins with: everything that a first mail must show is there. */
export const FRESH: Words = {
  name: "",
  subject: '{A thought|An idea} about {{ company or "your work" }}',
  text: '{Hi|Hello} {{ first_name or "there" }},\n\n\n\n{{ sender_name }}\n\n--\n{{ postal_address }}\nTo hear no more from us: {{ unsubscribe_url }}\n',
  html: "",
};

export function wordsOf(template: Schemas["TemplateOut"]): Words {
  return {
    name: template.name,
    subject: template.subject,
    text: template.text_body,
    html: template.html_body ?? "",
  };
}

export function sourceOf({ subject, text, html }: Words): Schemas["SourceIn"] {
  return { subject, text_body: text || null, html_body: html || null };
}

export function isSame(one: Words, other: Words): boolean {
  return one.name === other.name && one.subject === other.subject && one.text === other.text && one.html === other.html;
}

const FALLBACKS: Record<string, string> = { first_name: "there", company: "your company", city: "your city" };
const NEVER_EMPTY = new Set(["email", "unsubscribe_url", "postal_address", "sender_name", "unsubscribe_address"]);

/** What is put into a template for a field: with words for leads of whom it is not known, where that can be. */
export function placeFor(field: string): string {
  const name = /^[A-Za-z_][A-Za-z0-9_]*$/.test(field) ? field : `fields["${field.replaceAll('"', '\\"')}"]`;
  if (NEVER_EMPTY.has(field) || field === "line") return `{{ ${name} }}`;
  return `{{ ${name} or "${FALLBACKS[field] ?? "…"}" }}`;
}

/** The words with a field under another name, wherever a place in them names it. */
export function withField(words: Words, from: string, to: string): Words {
  const name = new RegExp(`(?<![\\w"'])${from}(?![\\w"'])`, "g");
  const mend = (text: string) => text.replace(/\{\{.*?\}\}|\{%.*?%\}/gs, (place) => place.replace(name, to));
  return { ...words, subject: mend(words.subject), text: mend(words.text), html: mend(words.html) };
}
