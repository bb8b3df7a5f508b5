/** What the API says in half a sentence, as a sentence. */
export function asSentence(said: string): string {
  return /[.!?]$/.test(said) ? capitalised(said) : `${capitalised(said)}.`;
}

export function capitalised(said: string): string {
  return said.charAt(0).toUpperCase() + said.slice(1);
}
