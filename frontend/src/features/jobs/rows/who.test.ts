import { describe, expect, it } from "vitest";
import { whoOf } from "./who";

const column = (name: string, role: string | null) => ({ index: 0, name, role, type: "text" as const });

describe("whoOf", () => {
  it("goes by the roles that the columns were given", () => {
    const columns = [column("Rufname", "first_name"), column("Name", "last_name"), column("Kunde", "company")];
    expect(whoOf({ Rufname: "Ingrid", Name: "Solheim", Kunde: "Halden" }, columns)).toEqual({
      person: "Ingrid Solheim",
      title: "",
      company: "Halden",
    });
  });
  it("guesses by the headers where the file is gone", () => {
    expect(whoOf({ "Full Name": "Jo Bo", "Job title": "CEO", Company: "Acme" }, undefined)).toEqual({
      person: "Jo Bo",
      title: "CEO",
      company: "Acme",
    });
  });
  it("names a row by its address when nothing else does", () => {
    expect(whoOf({ "E-Mail": "a@b.example" }, undefined).person).toBe("a@b.example");
  });
  it("says nothing of a row whose cells are not known", () => {
    expect(whoOf(null, undefined)).toEqual({ person: "", title: "", company: "" });
  });
});
