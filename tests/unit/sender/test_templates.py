"""Templates: the default works for every lead, and nothing that could loop, call or multiply gets in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.errors import Invalid
from services.sender.domain.default_template import DEFAULT_TEMPLATE
from services.sender.domain.template_fields import LEAD_FIELDS, SENDER_FIELDS
from services.sender.domain.templates import TemplateSource, check_source, render

VALUES = {**dict.fromkeys((*LEAD_FIELDS, *SENDER_FIELDS), ""), "line": "Nice plant."}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=100)


def test_the_default_template_passes_its_own_check_and_says_who_writes() -> None:
    check_source(DEFAULT_TEMPLATE)
    values = {
        **VALUES,
        "company": "R&D <b>Ltd</b>",
        "postal_address": "1 Test Street",
        "unsubscribe_url": "https://x.io/u/1",
    }
    mail = render(DEFAULT_TEMPLATE, values)
    assert mail.subject == "A thought about R&D <b>Ltd</b>"
    assert "Hi there,\n\nNice plant." in mail.text
    assert mail.html is not None
    for part in (mail.text, mail.html):
        assert "1 Test Street" in part
        assert "https://x.io/u/1" in part


@given(first_name=TEXT, line=TEXT.filter(str.strip))
def test_lead_data_is_a_value_and_never_a_template(first_name: str, line: str) -> None:
    """Red when data is compiled, or not escaped in HTML."""
    mail = render(DEFAULT_TEMPLATE, {**VALUES, "first_name": "{{ 7 * 7 }}" + first_name, "line": "<i>" + line})
    assert "{{ 7 * 7 }}" + first_name in mail.text
    assert mail.html is not None
    assert "<i>" not in mail.html


@pytest.mark.parametrize(
    "words",
    [
        "{{ 'a' * 10**9 }}",
        "{{ 'a' ~ 'b' }}",
        "{{ '%1000000000d' % 1 }}",
        "{% for x in line %}x{% endfor %}",
        "{% set x = line %}{{ x }}",
        "{{ line.__class__ }}",
        "{{ line['x'] }}",
        "{{ line.format() }}",
        "{{ line|center(1000000000) }}",
        "{{ line|format }}",
        "{{ range(10) }}",
        "{{ self }}",
        "{% include 'x' %}",
        "{% macro m() %}{% endmacro %}",
        "{{ lipsum() }}",
        "{{ firstname }}",
        "{{ line",
        "{{ [1, 2] }}",
        "{{ {'a': 1} }}",
    ],
)
def test_everything_outside_the_safe_part_is_refused_by_name(words: str) -> None:
    """Red when the syntax is not an allow-list (the sandbox alone lets `*` and `format` eat the memory)."""
    with pytest.raises(Invalid) as raised:
        check_source(TemplateSource("x", words))
    assert raised.value.code == "template_invalid"


def test_an_unknown_field_names_those_there_are() -> None:
    with pytest.raises(Invalid, match=r"firstname.*first_name"):
        check_source(TemplateSource("x", "{{ firstname }}"))


@pytest.mark.parametrize(
    ("source", "values", "code"),
    [
        (TemplateSource("{{ company }}", "x"), VALUES, "mail_empty"),
        (TemplateSource("x", " {{ company }} "), VALUES, "mail_empty"),
        (TemplateSource("x", "{{ line }}"), {**VALUES, "line": " "}, "line_missing"),
        (TemplateSource("x", "{{ title }}"), {"line": "x"}, "template_failed"),
        (TemplateSource("{{ company }}", "x"), {**VALUES, "company": "c" * 251}, "subject_too_long"),
        (TemplateSource("x", "{{ line }}"), {**VALUES, "line": "l" * 5001}, "value_too_long"),
        (TemplateSource("x", "{{ line }}" * 30), {**VALUES, "line": "l" * 5000}, "mail_too_long"),
    ],
)
def test_a_mail_that_must_not_leave_says_why(source: TemplateSource, values: dict[str, str], code: str) -> None:
    with pytest.raises(Invalid) as raised:
        render(source, values)
    assert raised.value.code == code


def test_an_oversized_template_is_refused() -> None:
    with pytest.raises(Invalid, match="at most 50000"):
        check_source(TemplateSource("x", "y" * 50_001))


@pytest.mark.parametrize(
    ("line", "opening"),
    [("Ada, I read about the engine.", "Ada, I read"), ("I read about the engine.", "Hi Ada,")],
)
def test_a_person_is_greeted_once_by_the_line_or_by_the_template(line: str, opening: str) -> None:
    rendered = render(DEFAULT_TEMPLATE, {**VALUES, "first_name": "Ada", "line": line})
    assert rendered.text.startswith(opening)
    assert rendered.text.count("Ada") == 1
    assert rendered.html is not None
    assert rendered.html.count("Ada") == 1
