"""Templates: a small, safe part of Jinja2. Lead data is only ever a value, never compiled.

Only the syntax below is accepted, so a template cannot loop, call, import or multiply: its time and memory are
linear in its own size. Rendering checks the sizes again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from jinja2 import StrictUndefined, Template, TemplateError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from libs.common.errors import Invalid

MAX_SOURCE_CHARS = 50_000
MAX_VALUE_CHARS = 5_000
MAX_SUBJECT_CHARS = 250
MAX_BODY_BYTES = 100_000

LEAD_FIELDS = (
    *("first_name", "last_name", "company", "title", "country", "state", "city", "email", "line"),
    *("product", "pitch"),
)
"""`product` and `pitch` are empty where the catalogue offers a row nothing."""
SENDER_FIELDS = ("sender_name", "postal_address", "unsubscribe_address")

_FILTERS = frozenset({"trim", "lower", "upper", "title", "capitalize", "default", "escape", "e"})
_NODES = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.Or,
    nodes.And,
    nodes.Not,
    nodes.Compare,
    nodes.Operand,
    nodes.Filter,
)


@dataclass(frozen=True)
class TemplateSource:
    """The three sources of a mail. `html_body` may be missing."""

    subject: str
    text_body: str
    html_body: str | None = None


@dataclass(frozen=True)
class Rendered:
    """A mail's words, ready for headers and parts."""

    subject: str
    text: str
    html: str | None


DEFAULT_TEMPLATE = TemplateSource(
    subject="{% if company %}A thought about {{ company }}{% else %}A quick thought{% endif %}",
    # A line that speaks to the person by name is its own greeting.
    text_body="""\
{% if not first_name or first_name not in line %}Hi {{ first_name or "there" }},

{% endif %}{{ line }}

Would a short call next week suit you?

Best regards
{{ sender_name }}

--
{{ postal_address }}
To hear no more from us, answer "unsubscribe" or write to {{ unsubscribe_address }}.
""",
    html_body="""\
{% if not first_name or first_name not in line %}<p>Hi {{ first_name or "there" }},</p>
{% endif %}<p>{{ line }}</p>
<p>Would a short call next week suit you?</p>
<p>Best regards<br>{{ sender_name }}</p>
<hr>
<p><small>{{ postal_address }}<br>To hear no more from us, answer “unsubscribe” or
<a href="mailto:{{ unsubscribe_address }}?subject=unsubscribe">unsubscribe here</a>.</small></p>
""",
)


def _environment(*, html: bool) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=html, keep_trailing_newline=True)
    environment.globals = {}
    environment.filters = {name: environment.filters[name] for name in _FILTERS}
    environment.tests = {}
    return environment


_TEXT = _environment(html=False)
_HTML = _environment(html=True)


def check_source(source: TemplateSource) -> None:
    """Refuse syntax outside the safe part, unknown fields and oversize. Raises Invalid, naming what is wrong."""
    for part, words in (("subject", source.subject), ("text", source.text_body), ("html", source.html_body or "")):
        if len(words) > MAX_SOURCE_CHARS:
            msg = f"the {part} of the template has {len(words)} characters, at most {MAX_SOURCE_CHARS} are allowed"
            raise Invalid(msg, code="template_too_large")
        _check_part(part, words)


def _check_part(part: str, words: str) -> None:
    try:
        tree = _TEXT.parse(words)
    except TemplateError as error:
        raise _broken(part, str(error)) from error
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, _NODES):
            raise _broken(part, f"{type(node).__name__} is not allowed in a template")
        if isinstance(node, nodes.Filter) and node.name not in _FILTERS:
            raise _broken(part, f"there is no filter {node.name!r}; there are: {', '.join(sorted(_FILTERS))}")
    unknown = {name.name for name in tree.find_all(nodes.Name)} - {*LEAD_FIELDS, *SENDER_FIELDS}
    if unknown:
        known = ", ".join((*LEAD_FIELDS, *SENDER_FIELDS))
        raise _broken(part, f"there is no field {', '.join(sorted(unknown))}; there are: {known}")


def _broken(part: str, why: str) -> Invalid:
    return Invalid(f"the {part} of the template: {why}", code="template_invalid")


@lru_cache(maxsize=256)
def _compiled(words: str, *, html: bool) -> Template:
    return (_HTML if html else _TEXT).from_string(words)


@lru_cache(maxsize=256)
def _mentions_line(source: TemplateSource) -> bool:
    parts = (source.subject, source.text_body, source.html_body or "")
    return any("line" in meta.find_undeclared_variables(_TEXT.parse(part)) for part in parts)


def render(source: TemplateSource, values: Mapping[str, str]) -> Rendered:
    """Fill in a checked template. Raises Invalid when a field is missing, something is too long or nothing is left."""
    for name, value in values.items():
        if len(value) > MAX_VALUE_CHARS:
            raise Invalid(f"{name} has {len(value)} characters, at most {MAX_VALUE_CHARS}", code="value_too_long")
    if _mentions_line(source) and not values.get("line", "").strip():
        raise Invalid("the row has no opening line, and the template uses it", code="line_missing")
    try:
        subject = _compiled(source.subject, html=False).render(values).strip()
        text = _compiled(source.text_body, html=False).render(values)
        html = _compiled(source.html_body, html=True).render(values) if source.html_body else None
    except TemplateError as error:
        raise Invalid(str(error), code="template_failed") from error
    _check_rendered(subject, text, html)
    return Rendered(subject, text, html)


def _check_rendered(subject: str, text: str, html: str | None) -> None:
    if not subject or not text.strip():
        raise Invalid("the subject or the text is empty", code="mail_empty")
    if len(subject) > MAX_SUBJECT_CHARS:
        raise Invalid(
            f"the subject has {len(subject)} characters, at most {MAX_SUBJECT_CHARS}", code="subject_too_long"
        )
    if max(len(text.encode()), len((html or "").encode())) > MAX_BODY_BYTES:
        raise Invalid(f"the mail has more than {MAX_BODY_BYTES} bytes", code="mail_too_long")
