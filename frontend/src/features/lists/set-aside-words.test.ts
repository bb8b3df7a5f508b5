import { describe, expect, it } from "vitest";
import { inPlainWords } from "./set-aside-words";

describe("reasons in sentences of the API", () => {
  it("writes a code as people say it, and leaves every other word alone", () => {
    expect([
      inPlainWords("The row was left out at the start: role_address."),
      inPlainWords("The row was left out at the start: duplicate."),
      inPlainWords("It waits for its turn."),
    ]).toEqual([
      "The row was left out at the start: shared desk.",
      "The row was left out at the start: duplicate.",
      "It waits for its turn.",
    ]);
  });
});
