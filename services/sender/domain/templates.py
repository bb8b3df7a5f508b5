"""Templates: what a mail is made of, and the mail made for one lead. Lead data is only ever a value, never compiled.

Only safe syntax is accepted (`template_syntax`), so the time and memory of a template are linear in its own size.
Rendering checks the sizes again.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from jinja2 import TemplateError

from libs.common.errors import Invalid
from services.sender.domain.plain_text import plain_text
from services.sender.domain.template_fields import KNOWN_FIELDS, Values, unknown_field
from services.sender.domain.template_syntax import Names, broken, compiled, read_names

MAX_SOURCE_CHARS = 50_000
MAX_VALUE_CHARS = 5_000
MAX_SUBJECT_CHARS = 250
MAX_BODY_BYTES = 100_000


@dataclass(frozen=True)
class TemplateSource:
    """The sources of a mail. `html_body` may be missing; an empty `text_body` is derived from the HTML."""

    subject: str
    text_body: str
    html_body: str | None = None

    def parts(self) -> Iterator[tuple[str, str]]:
        """The parts that have words, by name."""
        yield "subject", self.subject
        if self.text_body or not self.html_body:
            yield "text", self.text_body
        if self.html_body:
            yield "html", self.html_body


@dataclass(frozen=True)
class Rendered:
    """A mail's words, ready for headers and parts."""

    subject: str
    text: str
    html: str | None


def check_source(source: TemplateSource, *, columns: Collection[str] = (), headers: Collection[str] = ()) -> None:
    """Refuse syntax outside the safe part, oversize, and names that are neither usual fields nor these columns.

    Raises Invalid (`template_too_large`, `template_invalid`), naming what is wrong.
    """
    check_syntax(source)
    for problem in unknown_fields(source, columns=columns, headers=headers):
        raise problem


def check_syntax(source: TemplateSource) -> None:
    """As `check_source`, but for the names: the list that the template will be used with may have any columns."""
    if not source.text_body.strip() and not (source.html_body or "").strip():
        msg = "the template has neither a text nor an HTML part: give one"
        raise Invalid(msg, code="template_invalid")
    for part, words in source.parts():
        if len(words) > MAX_SOURCE_CHARS:
            msg = f"the {part} of the template has {len(words)} characters, at most {MAX_SOURCE_CHARS} are allowed"
            raise Invalid(msg, code="template_too_large")
        read_names(part, words)


def names_of(source: TemplateSource) -> dict[str, Names]:
    """What each part names."""
    return {part: read_names(part, words) for part, words in source.parts()}


def unknown_fields(
    source: TemplateSource, *, columns: Collection[str] = (), headers: Collection[str] = ()
) -> Iterator[Invalid]:
    """A problem for each name that is neither a usual field nor one of the columns."""
    known = (*KNOWN_FIELDS, *columns)
    for part, names in names_of(source).items():
        for name in sorted(names.fields.difference(known)):
            yield broken(part, unknown_field(name, known))
        for header in sorted(names.headers.difference(headers)):
            yield broken(part, unknown_field(header, headers))


def render(source: TemplateSource, values: Values, *, seed: str = "") -> Rendered:
    """Fill in a checked template; `seed` chooses its alternatives.

    Raises Invalid when a field is missing, something is too long or nothing is left.
    """
    for name, value in _each(values):
        if len(value) > MAX_VALUE_CHARS:
            raise Invalid(f"{name} has {len(value)} characters, at most {MAX_VALUE_CHARS}", code="value_too_long")
    if "line" in _fields(source) and not str(values.get("line", "")).strip():
        raise Invalid("the row has no opening line, and the template uses it", code="line_missing")
    try:
        filled = {part: compiled(words, html=part == "html").fill(values, seed=seed) for part, words in source.parts()}
    except TemplateError as error:
        raise Invalid(str(error), code="template_failed") from error
    html = filled.get("html")
    text = filled["text"] if "text" in filled else plain_text(html or "")
    rendered = Rendered(filled["subject"].strip(), text, html)
    _check_rendered(rendered)
    return rendered


def _each(values: Values) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, str):
            yield name, value
        else:
            yield from value.items()


def _fields(source: TemplateSource) -> frozenset[str]:
    return frozenset[str]().union(*(names.fields for names in names_of(source).values()))


def _check_rendered(mail: Rendered) -> None:
    if not mail.subject or not mail.text.strip():
        raise Invalid("the subject or the text is empty", code="mail_empty")
    if len(mail.subject) > MAX_SUBJECT_CHARS:
        raise Invalid(
            f"the subject has {len(mail.subject)} characters, at most {MAX_SUBJECT_CHARS}", code="subject_too_long"
        )
    if max(len(mail.text.encode()), len((mail.html or "").encode())) > MAX_BODY_BYTES:
        raise Invalid(f"the mail has more than {MAX_BODY_BYTES} bytes", code="mail_too_long")
