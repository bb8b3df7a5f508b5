/**
 * The Idempotency-Key of an order. Two clicks, or two tabs, that order the same of the same list (an upload, or leads to write
 * to) make one job or campaign, for they have the same key; after a refusal, or ten minutes after a start, the same order is another one.
 */
type Kept = { number: number; wish: string; startedAt: number | null };

const ONE_ORDER_MS = 10 * 60_000;

export function orderKey(listId: string, wish: unknown, now = Date.now()): string {
  const said = JSON.stringify(wish);
  const before = kept(listId);
  const same = before?.wish === said && (before.startedAt === null || now - before.startedAt < ONE_ORDER_MS);
  const number = same ? before.number : (before?.number ?? 0) + 1;
  if (!same) keep(listId, { number, wish: said, startedAt: null });
  return `web.${listId}.${number}`;
}

export function orderStarted(listId: string, now = Date.now()): void {
  const before = kept(listId);
  if (before !== null && before.startedAt === null) keep(listId, { ...before, startedAt: now });
}

/** What was refused stays so under its key: the next click is another order. */
export function orderRefused(listId: string): void {
  const before = kept(listId);
  if (before !== null) keep(listId, { ...before, wish: "" });
}

function place(listId: string): string {
  return `corofy.order-key.${listId}`;
}

function kept(listId: string): Kept | null {
  return JSON.parse(localStorage.getItem(place(listId)) ?? "null") as Kept | null;
}

function keep(listId: string, order: Kept): void {
  localStorage.setItem(place(listId), JSON.stringify(order));
}
