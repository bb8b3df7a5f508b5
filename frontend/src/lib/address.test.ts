import { expect, it } from "vitest";
import { isErased } from "./address";

it("knows the address of somebody erased, and nobody else's", () => {
  expect(["erased-01a2221380cb7778@erased.invalid", "erased@lube.example", "ada@erased.invalid"].map(isErased)).toEqual(
    [true, false, false],
  );
});
