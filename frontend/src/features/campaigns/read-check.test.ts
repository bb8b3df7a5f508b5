import { describe, expect, it } from "vitest";
import { type Told, withLine } from "./read-check";

const NOTHING: Told = { problems: [], rows: 0, of: 0, result: null };

describe("a check that is read line by line", () => {
  it("gathers problems, keeps the newest progress and ends with the result", () => {
    const row = { row_no: 3, email: "a@b.example", code: "line_missing", detail: "there is no line" };
    const result = { rows: 5, ready: 4, problems: { line_missing: 1 }, examples: [row], resting: null };
    const lines = [{ problem: row }, { progress: { rows: 2, of: 5 } }, { progress: { rows: 5, of: 5 } }, { result }];
    const told = lines.map((line) => JSON.stringify(line)).reduce(withLine, NOTHING);
    expect(told).toEqual({ problems: [row], rows: 5, of: 5, result });
  });
});
