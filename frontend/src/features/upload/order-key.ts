/**
 * The Idempotency-Key of an order. Two clicks, or two tabs, that order the same of the same list make one job, for they have
 * the same key; after a refusal, or ten minutes after a start, the same order is another one.
 */
type Kept = { number: number; wish: string; startedAt: number | null };

const ONE_ORDER_MS = 10 * 60_000;

export function orderKey(uploadId: string, wish: unknown, now = Date.now()): string {
  const said = JSON.stringify(wish);
  const before = kept(uploadId);
  const same = before?.wish === said && (before.startedAt === null || now - before.startedAt < ONE_ORDER_MS);
  const number = same ? before.number : (before?.number ?? 0) + 1;
  if (!same) keep(uploadId, { number, wish: said, startedAt: null });
  return `web.${uploadId}.${number}`;
}

export function orderStarted(uploadId: string, now = Date.now()): void {
  const before = kept(uploadId);
  if (before !== null && before.startedAt === null) keep(uploadId, { ...before, startedAt: now });
}

/** What was refused stays so under its key: the next click is another order. */
export function orderRefused(uploadId: string): void {
  const before = kept(uploadId);
  if (before !== null) keep(uploadId, { ...before, wish: "" });
}

function place(uploadId: string): string {
  return `corofy.order-key.${uploadId}`;
}

function kept(uploadId: string): Kept | null {
  return JSON.parse(localStorage.getItem(place(uploadId)) ?? "null") as Kept | null;
}

function keep(uploadId: string, order: Kept): void {
  localStorage.setItem(place(uploadId), JSON.stringify(order));
}
