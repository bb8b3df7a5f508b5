import { expect, it } from "vitest";
import { reasonOf } from "./reasons";

it("leaves out what only Stripe knows", () => {
  expect(["1,000 credits: invoice in_0b074291d44c", "trial of Growth, monthly", null].map(reasonOf)).toEqual([
    "1,000 credits",
    "Trial of Growth, monthly",
    "",
  ]);
});
