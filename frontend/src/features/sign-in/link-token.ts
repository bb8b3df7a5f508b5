/** What a mailed link brings behind its `#`, which no server has seen. */
export function fragment(): URLSearchParams {
  return new URLSearchParams(location.hash.slice(1));
}
