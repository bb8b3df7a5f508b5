import { describe, expect, it } from "vitest";
import { FRESH, isSame, placeFor, sourceOf, withField } from "./words";

describe("the words of a template", () => {
  it("leaves out a part that is empty, so that it is derived", () => {
    expect(sourceOf({ name: "A", subject: "S", text: "", html: "<p>x</p>" })).toEqual({
      subject: "S",
      text_body: null,
      html_body: "<p>x</p>",
    });
  });
  it("puts in fields with a fallback where a lead may lack them", () => {
    expect(["first_name", "unsubscribe_url", "line", "job_title", "Last round"].map(placeFor)).toEqual([
      '{{ first_name or "there" }}',
      "{{ unsubscribe_url }}",
      "{{ line }}",
      '{{ job_title or "…" }}',
      '{{ fields["Last round"] or "…" }}',
    ]);
  });
  it("knows a changed name from an unchanged one", () => {
    expect([isSame(FRESH, { ...FRESH }), isSame(FRESH, { ...FRESH, name: "Other" })]).toEqual([true, false]);
  });
  it("renames a field in places only, not in what is written around them", () => {
    const words = { name: "", subject: "{% if firstname %}{{ firstname }}{% endif %}", text: "firstname", html: "" };
    const mended = withField({ ...words, html: '{{ firstname2 or "firstname" }}' }, "firstname", "first_name");
    expect([mended.subject, mended.text, mended.html]).toEqual([
      "{% if first_name %}{{ first_name }}{% endif %}",
      "firstname",
      '{{ firstname2 or "firstname" }}',
    ]);
  });
});
