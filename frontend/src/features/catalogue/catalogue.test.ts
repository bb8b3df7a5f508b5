import { describe, expect, it } from "vitest";
import { idOf, said } from "./catalogue";

describe("catalogue", () => {
  it("makes ids that the API takes, each once", () => {
    expect(idOf("Öl-Additive, für Getriebe!", [])).toBe("ol-additive-fur-getriebe");
    expect(idOf("Gear oil", ["gear-oil", "gear-oil-2"])).toBe("gear-oil-3");
    expect(idOf("潤滑油", [])).toBe("product");
    expect(idOf("x".repeat(100), ["x".repeat(50)])).toMatch(/^x{50}-2$/);
  });
  it("says ranges by the ends they have", () => {
    const between = { field: "company_size", operator: "between", values: [], column: "" } as const;
    expect(said({ ...between, values: [], at_least: 50, at_most: null })).toBe("Company size is at least 50");
    expect(said({ ...between, values: [], at_least: 50, at_most: 200 })).toBe("Company size is 50 to 200");
  });
});
