/** The workspace that this browser works in; null for the one joined first. */
const KEY = "corofy.workspace";

export function currentWorkspace(): string | null {
  return localStorage.getItem(KEY);
}

/** Work in another one: the page is opened anew, so that nothing of the one before is left in it. */
export function chooseWorkspace(id: string | null, page = "/"): void {
  if (id === null) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, id);
  location.assign(page);
}

export function forgetWorkspace(): void {
  localStorage.removeItem(KEY);
}
