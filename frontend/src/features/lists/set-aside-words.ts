import type { Schemas } from "@/api/client";

export type Reason = NonNullable<Schemas["RecipientOut"]["set_aside"]>;
export type Takeable = Schemas["TakeIn"]["reason"];

/** Why rows are not written to, in the order in which a list tells it. */
export const REASONS: Record<Reason, { label: string; means: string; takeable: boolean }> = {
  role_address: {
    label: "Shared desk",
    means: "An address such as info@ or sales@: a desk, not a person.",
    takeable: true,
  },
  no_mx: { label: "Takes no mail", means: "The domain says that it receives no mail.", takeable: true },
  duplicate: {
    label: "Duplicate",
    means: "A row above has the same address, and that one is written to.",
    takeable: false,
  },
  invalid_address: { label: "No valid address", means: "Not an address that mail servers take.", takeable: false },
  suppressed: {
    label: "Suppressed",
    means: "The person, or their whole domain, is not to be written to.",
    takeable: false,
  },
};

export function isReason(code: string): code is Reason {
  return code in REASONS;
}

/** A sentence in which the API names reasons by their codes, in the words of this page. */
export function inPlainWords(sentence: string): string {
  return sentence.replace(/\b[a-z]+(?:_[a-z]+)*\b/g, (word) =>
    isReason(word) ? REASONS[word].label.toLowerCase() : word,
  );
}
