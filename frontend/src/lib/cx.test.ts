import { expect, it } from "vitest";
import { cx } from "./cx";

it("lets a caller's size and distances stand over the component's", () => {
  expect(cx("h-8 px-3 text-sm text-ink", "h-9 w-full", false, "text-bad")).toBe("px-3 text-sm h-9 w-full text-bad");
  expect(cx("w-full border", "w-64 sm:w-32")).toBe("border w-64 sm:w-32");
  expect(cx("bg-[length:1rem] bg-no-repeat bg-surface", "bg-sunken")).toBe("bg-[length:1rem] bg-no-repeat bg-sunken");
});

it("keeps the distances of both directions, which do not contradict each other, until one for both is asked for", () => {
  expect(cx("gap-x-3 gap-y-2", "px-2 pt-1")).toBe("gap-x-3 gap-y-2 px-2 pt-1");
  expect(cx("gap-x-3 gap-y-2", "gap-4")).toBe("gap-4");
});
