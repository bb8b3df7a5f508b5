import { expect, it } from "vitest";
import { nextPage } from "./next";

it("leads to pages of this origin only", () => {
  const asked = ["/job?id=1", "//evil.example/x", "https://evil.example", "javascript:alert(1)", "/\\evil.example", ""];
  expect(asked.map((next) => nextPage(`?next=${encodeURIComponent(next)}`))).toEqual([
    "/job?id=1",
    "/",
    "/",
    "/",
    "/",
    "/",
  ]);
});
