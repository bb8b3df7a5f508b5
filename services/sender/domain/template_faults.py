"""What is wrong with a template's syntax, for who writes mails and not programs."""

import re

from jinja2 import TemplateSyntaxError, nodes

_ARITHMETIC = (
    "arithmetic is not possible in a template; where a column's name has a hyphen or a blank, write _ for it: job_title"
)
_BY_KIND: tuple[tuple[tuple[type[nodes.Node], ...], str], ...] = (
    ((nodes.For,), "{% for %} is not possible in a template: nothing repeats"),
    (
        (nodes.Call, nodes.CallBlock),
        "calls, such as name(), are not possible in a template: use a filter, as in name|title",
    ),
    ((nodes.BinExpr, nodes.UnaryExpr, nodes.Concat), _ARITHMETIC),
    ((nodes.Getattr,), "a field has no parts, so that no dot stands after it: write first_name, not lead.first_name"),
    ((nodes.Getitem, nodes.Slice), 'brackets are for columns by their headers alone: fields["Job title"]'),
    (
        (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends, nodes.Block),
        "a template takes nothing from another",
    ),
    ((nodes.Assign, nodes.AssignBlock), "{% set %} is not possible in a template: write the field where it is needed"),
)
_BY_MESSAGE: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"^unexpected end of template, expected 'end of print"),
        "{{ is never closed: write }} after the field",
    ),
    (
        re.compile(r"^Unexpected end of template.* block that needs to be closed is 'if'"),
        "{% if %} is never closed: write {% endif %}",
    ),
    (
        re.compile(r"^expected token 'end of print statement', got"),
        "more than a field stands between {{ and }}: its name is one "
        'word with _ for blanks, as in first_name, or fields["First name"]',
    ),
)


def say_forbidden(node: nodes.Node) -> str:
    """Why what Jinja2 could do is not done here."""
    for kinds, words in _BY_KIND:
        if isinstance(node, kinds):
            return words
    return f"{type(node).__name__.lower()} is not possible in a template: it has fields, alternatives, conditions and filters"


def say_syntax(error: TemplateSyntaxError, words: str) -> str:
    """What cannot be read, and in which line where there are several."""
    message = error.message or "it cannot be read"
    said = next((meant for pattern, meant in _BY_MESSAGE if pattern.search(message)), message.rstrip("."))
    return f"{said} (line {error.lineno})" if "\n" in words.strip() else said
