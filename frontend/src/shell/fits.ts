/**
 * How well what is typed fits something of the palette: every word must stand in its name, or in the words it goes by as well;
 * names that begin so come first. Letters that are only scattered over it are no fit.
 */
export function fits(name: string, typed: string, alsoCalled: readonly string[] = []): number {
  const said = typed.trim().toLowerCase();
  const own = name.toLowerCase();
  if (own.startsWith(said)) return 1;
  if (own.includes(said)) return 0.8;
  const all = [own, ...alsoCalled].join(" ").toLowerCase();
  return said.split(/\s+/).every((word) => all.includes(word)) ? 0.5 : 0;
}
