import type { Schemas } from "@/api/client";

export type Catalogue = Schemas["CatalogueOut"];
export type Product = Schemas["ProductModel"];
export type Rule = Schemas["RuleModel"];
export type Condition = Schemas["ConditionModel"];
export type Field = Condition["field"];
export type Operator = Condition["operator"];
/** What is open over the page: something to add or change by its id, or one of the tools. */
export type Opened = { what: "product" | "rule"; id: string | null } | { what: "try" | "versions" | "import" } | null;

export const FIELDS: Record<Field, string> = {
  keywords: "Everything known of the row",
  industry: "Industry",
  title: "Title",
  country: "Country",
  state: "State",
  city: "City",
  company_size: "Company size",
  company: "Company",
  website: "Website",
  email: "Email",
  first_name: "First name",
  last_name: "Last name",
  full_name: "Full name",
  phone: "Phone",
  linkedin: "LinkedIn",
  column: "A column of the sheet",
};

export const OPERATORS: Record<Operator, string> = {
  contains_any: "contains one of",
  is_any: "is one of",
  matches_none: "contains none of",
  between: "is between",
  is_empty: "is empty",
};

/** A condition as a person would say it. */
export function said(condition: Condition): string {
  const { field, operator, values, column, at_least, at_most } = condition;
  const name = field === "column" ? column : FIELDS[field];
  if (operator === "is_empty") return `${name} is empty`;
  if (operator === "between") {
    if (at_most === null || at_most === undefined) return `${name} is at least ${at_least}`;
    if (at_least === null || at_least === undefined) return `${name} is at most ${at_most}`;
    return `${name} is ${at_least} to ${at_most}`;
  }
  return `${name} ${OPERATORS[operator]} ${values.join(", ")}`;
}

/** An id made of a name, as the API wants them: words of a-z and 0-9 with hyphens between; none that is taken. */
export function idOf(name: string, taken: readonly string[]): string {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const words = plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
  const base = words.slice(0, 50).replace(/-+$/, "") || "product";
  let id = base;
  for (let next = 2; taken.includes(id); next += 1) id = `${base}-${next}`;
  return id;
}
