import type { Schemas } from "@/api/client";

export type Filters = Schemas["FiltersIn"];
export type Sourcing = Schemas["SourcingOut"];

export const NO_FILTERS: Filters = {
  titles: [],
  seniorities: [],
  person_locations: [],
  organization_locations: [],
  industries: [],
  keyword_tags: [],
  employee_ranges: [],
  domains: [],
  keywords: "",
};

export const SENIORITIES: Record<Filters["seniorities"][number], string> = {
  owner: "Owner",
  founder: "Founder",
  c_suite: "C-level",
  partner: "Partner",
  vp: "Vice president",
  head: "Head",
  director: "Director",
  manager: "Manager",
  senior: "Senior",
  entry: "Entry level",
  intern: "Intern",
};

/** Numbers of employees, as Apollo takes them. */
export const SIZES: Record<string, string> = {
  "1,10": "1–10",
  "11,50": "11–50",
  "51,200": "51–200",
  "201,500": "201–500",
  "501,1000": "501–1,000",
  "1001,5000": "1,001–5,000",
  "5001,10000": "5,001–10,000",
  "10001,1000000": "Over 10,000",
};

/** The lists of words, as they are asked for. */
export const WORD_FILTERS = [
  { name: "titles", label: "Job titles", placeholder: "Head of purchasing, buyer" },
  { name: "organization_locations", label: "Where the company is", placeholder: "Germany, Rotterdam" },
  { name: "industries", label: "Industries", placeholder: "Pumps, machinery" },
  { name: "keyword_tags", label: "What the company does", placeholder: "Water treatment" },
  { name: "person_locations", label: "Where the person is", placeholder: "Bavaria" },
  { name: "domains", label: "Companies by website", placeholder: "example.com" },
] as const;

export function isBlank(filters: Filters): boolean {
  return Object.values(filters).every((value) => value.length === 0);
}

/** What a search asks for, as a sentence's parts: "Job titles: buyer, head of purchasing". */
export function told(filters: Partial<Filters>): { label: string; value: string }[] {
  const { seniorities = [], employee_ranges = [], keywords = "" } = filters;
  return [
    ...WORD_FILTERS.map(({ name, label }) => ({ label, value: (filters[name] ?? []).join(", ") })),
    { label: "Seniority", value: seniorities.map((one) => SENIORITIES[one] ?? one).join(", ") },
    { label: "Employees", value: employee_ranges.map((one) => SIZES[one] ?? one.replace(",", "–")).join(", ") },
    { label: "Keywords", value: keywords },
  ].filter(({ value }) => value !== "");
}

/** A name for what is found, from what is asked for: "Buyer, Germany". */
export function nameOf(filters: Filters): string {
  const words = [
    filters.titles[0],
    filters.industries[0],
    filters.organization_locations[0] ?? filters.person_locations[0],
  ];
  return words.filter(Boolean).join(", ").slice(0, 200) || "Leads";
}

const PLACE = "corofy.search";

/** The search of this tab; it is there again after a reload. */
export function keptSearch(): Filters {
  if (typeof window === "undefined") return NO_FILTERS;
  try {
    return { ...NO_FILTERS, ...(JSON.parse(sessionStorage.getItem(PLACE) ?? "{}") as Partial<Filters>) };
  } catch {
    return NO_FILTERS;
  }
}

export function keepSearch(filters: Partial<Filters>): void {
  sessionStorage.setItem(PLACE, JSON.stringify(filters));
}
