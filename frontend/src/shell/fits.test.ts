import { describe, expect, it } from "vitest";
import { fits } from "./fits";

describe("fits", () => {
  it("takes no scattered letters for a name", () => {
    expect(fits("Sending", "Sign out", ["outbox", "paused"])).toBe(0);
    expect(fits("Sign out", "Sign out")).toBe(1);
  });

  it("puts names that begin so before names that hold it, and those before other words for it", () => {
    const found = [fits("Jobs", "jo"), fits("New job", "jo"), fits("Catalogue", "pitch", ["rules", "pitch"])];
    expect(found).toEqual([...found].sort((a, b) => b - a));
    expect(new Set(found).size).toBe(3);
  });

  it("finds words in any order, and everything where nothing is typed", () => {
    expect(fits("Appearance as the system", "system appearance")).toBeGreaterThan(0);
    expect(fits("Jobs", "")).toBe(1);
  });
});
