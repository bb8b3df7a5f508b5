import { describe, expect, it } from "vitest";
import { USUAL, daysInWords, windowInWords } from "./window-words";

describe("the words for hours", () => {
  it("joins days that follow each other, and only three or more of them", () => {
    expect([[1, 2, 3, 4, 5], [3, 1, 2, 5], [6, 7], [4]].map(daysInWords)).toEqual([
      "Mon–Fri",
      "Mon–Wed, Fri",
      "Sat, Sun",
      "Thu",
    ]);
  });
  it("says when any hour is meant, and when holidays are left out", () => {
    const any = { days: [1, 2, 3, 4, 5, 6, 7], from: "00:00", to: "24:00", skip_holidays: false };
    expect([windowInWords(any), windowInWords(USUAL)]).toEqual([
      "Any hour of any day",
      "Mon–Fri, 09:00–17:00, not on public holidays",
    ]);
  });
});
