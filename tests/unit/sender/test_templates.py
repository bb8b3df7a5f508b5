"""Templates: the default works for every lead, and nothing that could loop, call or multiply gets in."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.errors import Invalid
from services.sender.domain.default_template import DEFAULT_TEMPLATE
from services.sender.domain.first_mail import check_first_mail, check_says_so, subject_problems
from services.sender.domain.plain_text import plain_text
from services.sender.domain.template_fields import LEAD_FIELDS, SENDER_FIELDS, Values, columns_by_name, mail_values
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


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("Hi\n{{ first_name", "the text of the template: {{ is never closed: write }} after the field (line 2)"),
        ("{% if line %}x", "the text of the template: {% if %} is never closed: write {% endif %}"),
        ("{{ Job title }}", "one word with _ for blanks"),
        ("{{ job-title }}", "write _ for it: job_title"),
        ("{{ lead.first_name }}", "write first_name, not lead.first_name"),
        ("{% for x in line %}x{% endfor %}", "nothing repeats"),
        ("{{ line() }}", "use a filter, as in name|title"),
        ("{% macro m() %}{% endmacro %}", "macro is not possible in a template"),
    ],
)
def test_a_slip_is_explained_to_somebody_who_writes_no_programs(words: str, said: str) -> None:
    """Red when the names of Jinja2's own parts are all that a person is told."""
    with pytest.raises(Invalid) as raised:
        check_source(TemplateSource("x", words))
    assert said in raised.value.message


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


FIELDS = {"Job title": " CTO ", "job-title": "second", "Größe": "50", "2nd phone": "1", "!!": "x", "Company": "sheet's"}


def test_every_column_of_the_sheet_has_a_name_and_its_header() -> None:
    """Red when a column cannot be named, replaces a usual field, or takes the name of an earlier one."""
    values = mail_values({**VALUES, "company": "Usual"}, FIELDS, sender={})
    source = TemplateSource(
        "s",
        '{{ job_title }}/{{ fields["job-title"] }}/{{ größe }}/{{ column_2nd_phone }}/{{ fields["!!"] }}/{{ company }}',
    )
    check_source(source, columns=tuple(columns_by_name(FIELDS)), headers=tuple(FIELDS))
    assert render(source, values).text == "CTO/second/50/1/x/Usual"


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("{{ firstname }}", "did you mean first_name"),
        ("{{ FirstName }}", "did you mean first_name"),
        ("{{ jobtitle }}", "did you mean job_title"),
        ('{{ fields["Job titel"] }}', "did you mean Job title"),
        ("{{ unsubscribe_link }}", "did you mean unsubscribe_url"),
    ],
)
def test_a_field_that_nobody_knows_is_refused_with_what_was_meant(words: str, hint: str) -> None:
    with pytest.raises(Invalid, match=hint):
        check_source(TemplateSource("x", words), columns=("job_title",), headers=("Job title",))


@pytest.mark.parametrize("words", ['{{ fields["items"] }}', '{{ fields["__class__"] }}', '{{ fields["keys"] }}'])
def test_a_header_is_never_an_attribute(words: str) -> None:
    """Red when Jinja2's own fallback from items to attributes is there: the mail would say `<built-in method …>`."""
    with pytest.raises(Invalid) as raised:
        render(TemplateSource("x", words), mail_values(VALUES, {}, sender={}))
    assert raised.value.code == "template_failed"


@pytest.mark.parametrize(
    "words",
    [
        "{{ " + "(" * 5000 + "line" + ")" * 5000 + " }}",
        "{{ " + "not " * 5000 + "line }}",
        "{% if line %}" * 1500 + "x" + "{% endif %}" * 1500,
        "{{ line" + "|trim" * 9000 + " }}",
        "{% if line %}" * 70 + "x" + "{% endif %}" * 70,
    ],
)
def test_what_nests_too_deep_is_refused_and_nothing_breaks(words: str) -> None:
    """Red when a template of allowed size ends in a RecursionError, or kills the process that compiles it."""
    with pytest.raises(Invalid, match="deep"):
        check_source(TemplateSource("x", words))


def test_the_slowest_template_of_allowed_size_is_rendered_at_once() -> None:
    """Red when time is anything but linear in the template's size."""
    words = "{{ company|upper|lower|title }}" * (50_000 // 31)
    source = TemplateSource("x", words)
    check_source(source)
    began = time.process_time()
    with pytest.raises(Invalid, match="more than 100000 bytes"):
        render(source, {**VALUES, "company": "c" * 5000})
    assert time.process_time() - began < 5


def test_without_a_text_part_it_is_made_of_the_html() -> None:
    html = (
        "<style>p{color:red}</style><h1>News &amp; more</h1><p>Hi {{ first_name }},<br>see <a href='https://x.io/a'>this</a>"
        "</p><ul><li>one</li><li>two</li></ul><a href='https://x.io'>https://x.io</a>"
    )
    mail = render(TemplateSource("s", "", html), {**VALUES, "first_name": "A<b>"})
    assert mail.text == "News & more\n\nHi A<b>,\nsee this (https://x.io/a)\n\n- one\n- two\n\nhttps://x.io\n"


DEEP = "<div>" * 8000 + "deep" + "</div>" * 8000


def test_html_that_nests_without_end_becomes_text() -> None:
    """Red when the text is derived by recursion."""
    assert plain_text(DEEP) == "deep\n"


@pytest.mark.parametrize(
    ("text", "html", "code"),
    [
        ("{{ postal_address }}", None, "unsubscribe_link_missing"),
        ("{{ unsubscribe_url }}", None, "postal_address_missing"),
        ("{{ postal_address }} {{ unsubscribe_url }}", "<p>{{ postal_address }}</p>", "unsubscribe_link_missing"),
        ("", "<p>{{ unsubscribe_url }}</p>", "postal_address_missing"),
    ],
)
def test_a_first_mail_says_how_to_hear_no_more_and_who_writes(text: str, html: str | None, code: str) -> None:
    """Red when one part may leave it out: a reader sees only one of them."""
    with pytest.raises(Invalid) as raised:
        check_first_mail(TemplateSource("s", text, html))
    assert raised.value.code == code


def test_a_condition_does_not_hide_what_a_first_mail_must_say() -> None:
    """Red when only the template is looked at, and not the mail that a row makes of it."""
    source = TemplateSource("s", "{% if company %}{{ unsubscribe_url }}{% endif %} {{ postal_address }}")
    check_first_mail(source)
    values = {**VALUES, "unsubscribe_url": "https://x.io/u/1", "postal_address": "1 Street", "company": "A"}
    check_says_so(render(source, values), values)
    without = {**values, "company": ""}
    with pytest.raises(Invalid) as raised:
        check_says_so(render(source, without), without)
    assert raised.value.code == "unsubscribe_link_missing"
    nowhere = {**values, "postal_address": " "}
    with pytest.raises(Invalid, match="sending settings"):
        check_says_so(render(source, nowhere), nowhere)


@given(st.dictionaries(TEXT, TEXT, max_size=5), TEXT)
def test_whatever_the_sheet_holds_a_mail_is_made_or_refused_by_name(fields: dict[str, str], company: str) -> None:
    """Hostile headers and cells. Red when a column shadows a usual field or the sender's words, or anything but Invalid is
    raised."""
    lead = {**dict.fromkeys(LEAD_FIELDS, ""), "company": company, "line": "Nice plant."}
    sender = {name: f"our {name}" for name in SENDER_FIELDS}
    values = mail_values(lead, fields, sender=sender)
    assert all(values[name] == f"our {name}" for name in SENDER_FIELDS)
    assert values["company"] == company.strip()
    check_source(DEFAULT_TEMPLATE, columns=tuple(columns_by_name(fields)), headers=tuple(fields))
    said = made(values)
    assert said in {"subject_too_long", "value_too_long"} or "our postal_address" in said


def made(values: Values) -> str:
    """The text of the default template's mail, or the code by which it is refused."""
    try:
        return render(DEFAULT_TEMPLATE, values).text
    except Invalid as error:
        return error.code


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ("Hello {{ first_name }}", []),
        ("Hello\n", []),
        ("Hello\nthere", ["unsafe_header"]),
        ("Hello\r\n{{ first_name }}", ["unsafe_header"]),
        ("{% if company\n%}Hello{% endif %}{#\n#}{{\nfirst_name }}", []),
        ("{% if company %}\nHello{% endif %}", []),
        ("Hello{% if company %}\nthere{% endif %}", ["unsafe_header"]),
    ],
)
def test_a_subject_of_two_lines_is_told_when_it_is_saved(subject: str, told: list[str]) -> None:
    """Red when it is told only by the check of every row, or when a line break within a tag, which shows nowhere, counts."""
    assert [problem.code for problem in subject_problems(TemplateSource(subject, "t", None))] == told
