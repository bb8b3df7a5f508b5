/** Whether an address stands in for that of a person who was erased: an id nobody can write to. */
export function isErased(address: string): boolean {
  return /^erased-[0-9a-f]+@erased\.invalid$/.test(address);
}
