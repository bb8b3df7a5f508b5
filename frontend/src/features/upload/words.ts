/** What roles, findings and decisions of a reading are called. */

/** In the order in which people look for them. */
export const ROLES: Record<string, string> = {
  email: "Email",
  first_name: "First name",
  last_name: "Last name",
  full_name: "Full name",
  title: "Job title",
  company: "Company",
  website: "Website",
  industry: "Industry",
  linkedin: "LinkedIn profile",
  phone: "Phone",
  city: "City",
  state: "State or region",
  country: "Country",
};

export const SUGGESTED_BY: Record<string, string> = {
  memory: "As last time",
  header: "By its header",
  values: "By what is in it",
  person: "You chose",
};

export const FINDINGS: Record<string, string> = {
  bad_email: "Not an email address",
  placeholder_email: "A placeholder instead of an address",
  missing_email: "No email address",
  role_address: "A department's address",
  missing_company: "No company",
  missing_person: "No name",
  bad_website: "Not a web address",
  text_too_long: "A very long text",
  ragged_row: "More cells than the header has",
  blank_row: "A blank row",
  duplicate: "Repeats a row further up",
  known: "Known from an earlier job",
};

export const DELIMITERS: Record<string, string> = {
  ",": "Comma",
  ";": "Semicolon",
  "\t": "Tab",
  "|": "Vertical bar",
};

export const ENCODINGS: Record<string, string> = {
  "utf-8": "Unicode (UTF-8)",
  "utf-16": "Unicode (UTF-16)",
  cp1252: "Western European (Windows)",
  "iso8859-1": "Western European (ISO 8859-1)",
  "iso8859-15": "Western European (ISO 8859-15)",
  "mac-roman": "Western European (Mac)",
  cp1250: "Central European (Windows)",
  "iso8859-2": "Central European (ISO 8859-2)",
  cp1251: "Cyrillic (Windows)",
  "koi8-r": "Cyrillic (KOI8-R)",
  cp1253: "Greek (Windows)",
  cp1254: "Turkish (Windows)",
  cp1255: "Hebrew (Windows)",
  cp1256: "Arabic (Windows)",
  cp1257: "Baltic (Windows)",
  shift_jis: "Japanese (Shift JIS)",
  euc_jp: "Japanese (EUC)",
  gb18030: "Chinese of the mainland (GB 18030)",
  big5: "Chinese, traditional (Big5)",
  euc_kr: "Korean (EUC)",
};
