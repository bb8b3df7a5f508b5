import type { Schemas } from "@/api/client";

type Cells = Record<string, string> | null | undefined;
type Columns = Schemas["UploadOut"]["columns"];

/** The columns of a sheet that say who a row is about, by their roles; what has no role is found by its header's words. */
export type Roles = Partial<Record<"first_name" | "last_name" | "full_name" | "title" | "company" | "email", string>>;

const GUESSES: [keyof Roles, RegExp][] = [
  ["first_name", /^(first|given)[ _-]?name$|^vorname$|^prénom$/i],
  ["last_name", /^(last|family|sur)[ _-]?name$|^nachname$/i],
  ["full_name", /^((full|contact|person)[ _-]?)?name$|^contact$/i],
  ["title", /^(job[ _-]?)?title$|^position$|^role$/i],
  ["company", /^company([ _-]?name)?$|^organi[sz]ation$|^account$|^firma$/i],
  ["email", /^e-?mail([ _-]?address)?$/i],
];

export function rolesOf(columns: Columns | undefined, cells?: Cells): Roles {
  const roles: Roles = {};
  for (const { role, name } of columns ?? []) if (role && !(role in roles)) roles[role as keyof Roles] = name;
  for (const [role, pattern] of GUESSES) {
    if (roles[role] !== undefined) continue;
    const found = Object.keys(cells ?? {}).find((name) => pattern.test(name.trim()));
    if (found !== undefined) roles[role] = found;
  }
  return roles;
}

/** Who a row is about, as far as its cells tell. */
export function whoOf(cells: Cells, columns: Columns | undefined) {
  const roles = rolesOf(columns, cells);
  const at = (role: keyof Roles) => (roles[role] === undefined ? "" : (cells?.[roles[role]] ?? "").trim());
  const named = [at("first_name"), at("last_name")].filter(Boolean).join(" ") || at("full_name");
  return { person: named || at("email"), title: at("title"), company: at("company") };
}
