import { beforeEach, describe, expect, it, vi } from "vitest";
import { orderKey, orderRefused, orderStarted } from "./order-key";

const MINUTE = 60_000;
const wish = { first_rows: 5 };

beforeEach(() => {
  const kept = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (place: string) => kept.get(place) ?? null,
    setItem: (place: string, text: string) => void kept.set(place, text),
  });
});

describe("orderKey", () => {
  it("is the same for the same order, also when it has just been started", () => {
    const key = orderKey("u1", wish, 0);
    expect(orderKey("u1", wish, MINUTE)).toBe(key);
    orderStarted("u1", MINUTE);
    expect(orderKey("u1", wish, 2 * MINUTE)).toBe(key);
  });

  it("is another one for other wishes, and for another list", () => {
    const keys = [orderKey("u1", wish, 0), orderKey("u1", { first_rows: 6 }, 0), orderKey("u2", wish, 0)];
    expect(new Set(keys).size).toBe(3);
  });

  it("is another one after a refusal, which would be answered again", () => {
    const key = orderKey("u1", wish, 0);
    orderRefused("u1");
    expect(orderKey("u1", wish, 0)).not.toBe(key);
  });

  it("is another one ten minutes after a start: then it is meant", () => {
    const key = orderKey("u1", wish, 0);
    orderStarted("u1", 0);
    expect(orderKey("u1", wish, 11 * MINUTE)).not.toBe(key);
  });
});
