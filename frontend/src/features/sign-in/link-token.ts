/** Opens the page anew when a mailed link is pasted over it: the browser only changes what is behind the `#`. */
export function openAnewOnLink(): () => void {
  const open = () => fragment().has("token_hash") && location.reload();
  addEventListener("hashchange", open);
  return () => removeEventListener("hashchange", open);
}

/** What a mailed link brings behind its `#`, which no server has seen. */
export function fragment(): URLSearchParams {
  return new URLSearchParams(location.hash.slice(1));
}
