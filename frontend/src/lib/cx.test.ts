import { expect, it } from "vitest";
import { cx } from "./cx";

it("lets a caller's size and distances stand over the component's", () => {
  expect(cx("h-8 px-3 text-sm text-ink", "h-9 w-full", false, "text-bad")).toBe("px-3 text-sm h-9 w-full text-bad");
  expect(cx("w-full border", "w-64 sm:w-32")).toBe("border w-64 sm:w-32");
  expect(cx("bg-[length:1rem] bg-no-repeat bg-surface", "bg-sunken")).toBe("bg-[length:1rem] bg-no-repeat bg-sunken");
});
