/** Where to go after signing in: a page of ours that `?next=` names, never another origin's. */
export function nextPage(search: string = location.search): string {
  const next = new URLSearchParams(search).get("next") ?? "/";
  try {
    const url = new URL(next, "http://corofy.invalid");
    return url.origin === "http://corofy.invalid" ? `${url.pathname}${url.search}${url.hash}` : "/";
  } catch {
    return "/";
  }
}
