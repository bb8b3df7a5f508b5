import { describe, expect, it } from "vitest";
import { ago, bytes, count, duration, money, percent, plural, words } from "./format";

describe("format", () => {
  it("never says that all is done before it is, nor nothing after something is", () => {
    expect([0, 0.001, 0.5, 0.999, 1].map(percent)).toEqual(["0 %", "<1 %", "50 %", "99 %", "100 %"]);
  });
  it("takes amounts in the smallest unit of their currency", () => {
    expect([money(4900, "eur"), money(4900, "jpy")]).toEqual(["€49.00", "¥4,900"]);
  });
  it("writes durations by their two largest units", () => {
    expect([5, 75, 3600, 3725, 200_000].map(duration)).toEqual(["5 s", "1 min 15 s", "1 h", "1 h 2 min", "2 days"]);
  });
  it("counts one and many", () => {
    expect([plural(1, "row"), plural(1200, "reply", "replies")]).toEqual(["1 row", "1,200 replies"]);
  });
  it("writes what is taken away with a minus", () => {
    expect([count(-1200), count(0)]).toEqual(["−1,200", "0"]);
  });
  it("writes sizes and codes", () => {
    expect([bytes(512), bytes(1536), words("daily_limit")]).toEqual(["512 B", "1.5 KB", "Daily limit"]);
  });
  it("tells times by their distance, and by their date when that is far", () => {
    const now = new Date("2026-11-28T12:00:00Z");
    expect(ago(new Date("2026-11-28T11:57:00Z"), now)).toBe("3 min ago");
    expect(ago(new Date("2026-11-01T12:00:00Z"), now)).toBe("1 Nov 2026");
  });
});
