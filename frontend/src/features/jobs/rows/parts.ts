/**
 * Rows that are scrolled through at once: 12 million pixels. Browsers draw nothing that is further down than 17 (Firefox) or 33
 * million (Chromium).
 */
export const PART = 200_000;

export type Part = { first: number; last: number };

/** Which part a place, from 0, is in. */
export function partOf(place: number): number {
  return Math.floor(place / PART);
}

/** The first and the last place of each part of so many rows; one that is empty where there are none. */
export function partsOf(total: number): Part[] {
  return Array.from({ length: Math.max(1, Math.ceil(total / PART)) }, (_, nth) => ({
    first: nth * PART,
    last: Math.min(total, (nth + 1) * PART) - 1,
  }));
}
