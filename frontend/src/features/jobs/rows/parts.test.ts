import { expect, test } from "vitest";
import { PART, partOf, partsOf } from "./parts";

test("a list that one scroll can show is one part", () => {
  expect(partsOf(0)).toHaveLength(1);
  expect(partsOf(PART)).toEqual([{ first: 0, last: PART - 1 }]);
});

test("every row of a long list is in exactly one part", () => {
  const parts = partsOf(5 * PART + 1);
  expect(parts).toHaveLength(6);
  expect(parts.at(-1)).toEqual({ first: 5 * PART, last: 5 * PART });
  parts.forEach(({ first, last }, nth) => {
    expect([partOf(first), partOf(last)]).toEqual([nth, nth]);
    if (nth > 0) expect(first).toBe(parts[nth - 1]!.last + 1);
  });
});
