/** What stands in a field for a whole number of which none means "no limit". */
export function whole(text: string): number | null {
  const value = text.trim();
  return value === "" ? null : Number(value);
}

export function shown(value: number | null): string {
  return value === null ? "" : String(value);
}
