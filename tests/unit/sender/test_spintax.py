"""Spintax against a model: a tree of words and alternatives, written as a template and chosen by seed."""

from __future__ import annotations

import string
from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.errors import Invalid
from services.sender.domain.template_fields import LEAD_FIELDS, SENDER_FIELDS
from services.sender.domain.templates import TemplateSource, check_source, render

VALUES = {**dict.fromkeys((*LEAD_FIELDS, *SENDER_FIELDS), ""), "first_name": "Ann", "line": "x"}


@dataclass(frozen=True)
class Alternatives:
    """The model's group. Each alternative is a sequence of words and groups."""

    ways: tuple[tuple[str | Alternatives, ...], ...]


WORDS = st.text(string.ascii_letters + " .,!\n<>&{}|", min_size=1, max_size=8)
TREE = st.recursive(
    WORDS,
    lambda below: st.builds(
        Alternatives, st.lists(st.lists(below, max_size=3).map(tuple), min_size=2, max_size=4).map(tuple)
    ),
    max_leaves=12,
)


def written(tree: tuple[str | Alternatives, ...]) -> str:
    """As an author writes it: braces and bars that are meant as such are escaped. A group never follows a brace, which would
    begin something of Jinja2's."""
    out = ""
    for part in tree:
        if isinstance(part, str):
            out += "".join(f"\\{char}" if char in "{|}" else char for char in part)
        else:
            out += "\u200b{\u200b" + "|".join(written(way) for way in part.ways) + "}"
    # `{%` and `{#` cannot come about: after an opening brace stands the blank of no width.
    return out


def results(tree: tuple[str | Alternatives, ...]) -> set[str]:
    """Everything that it may become."""
    found = {""}
    for part in tree:
        tails = {part} if isinstance(part, str) else {tail for way in part.ways for tail in results(way)}
        found = {head + tail for head in found for tail in tails}
    return found


def spun(source: str, seed: str) -> str:
    template = TemplateSource("s", source + "end")
    check_source(template)
    return render(template, VALUES, seed=seed).text.replace("\u200b", "")


@given(st.lists(TREE, min_size=1, max_size=3).map(tuple), st.text(max_size=10))
def test_a_template_becomes_one_of_its_alternatives_and_the_same_one_for_a_seed(
    tree: tuple[str | Alternatives, ...], seed: str
) -> None:
    """Red when nesting, escapes or the order of alternatives is misread, or the choice is not the seed's alone."""
    said = spun(written(tree), seed)
    assert said == spun(written(tree), seed)
    assert said.removesuffix("end") in {words.replace("\u200b", "") for words in results(tree)}


def test_all_alternatives_are_taken_about_equally_often() -> None:
    """Red when the choice follows anything but a hash of the seed."""
    counts = Counter(spun("{a|b|c}", f"lead-{n}:1") for n in range(3000))
    assert set(counts) == {"aend", "bend", "cend"}
    assert all(850 < count < 1150 for count in counts.values())


def test_a_group_is_the_same_in_all_parts_of_a_mail_and_another_one_in_its_second_place() -> None:
    source = TemplateSource("{Hi|Hey}", "{Hi|Hey} and {Hi|Hey}", "<p>{Hi|Hey}</p>")
    for n in range(50):
        mail = render(source, VALUES, seed=str(n))
        assert mail.html == f"<p>{mail.subject}</p>"
        assert mail.text.startswith(mail.subject)
    texts = {render(source, VALUES, seed=str(n)).text for n in range(50)}
    assert len(texts) == 4


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("p {color: red}", {"p {color: red}end"}),
        ("a | b", {"a | bend"}),
        ("{a|}", {"aend", "end"}),
        (r"\{a|b\}", {"{a|b}end"}),
        (r"C:\new {a\|b|c}", {r"C:\new a|bend", r"C:\new cend"}),
        ("{{ first_name }}", {"Annend"}),
        ("{Dear {{ first_name }}|Hi}", {"Dear Annend", "Hiend"}),
        ("{% if first_name %}{a|b}{% else %}c{% endif %}", {"aend", "bend"}),
        ("{x{% if last_name %}y{% endif %}|z}", {"xend", "zend"}),
        ("{% raw %}{a|b}{% endraw %}", {"{a|b}end"}),
        ("{# {a| #}x", {"xend"}),
        ("{{ '{a|b}' }}", {"{a|b}end"}),
    ],
)
def test_what_is_a_group_and_what_is_not(source: str, said: set[str]) -> None:
    assert {spun(source, str(n)) for n in range(40)} == said


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("{a|b", "never closed"),
        ("{a|{b|c}", "never closed"),
        ("{a{% if line %}|{% endif %}b}", "cross"),
        ("{% if line %}{a|{% else %}b}{% endif %}", "cross"),
        ("{% if line %}{a|b{% endif %}}", "cross"),
        ("{a|b}" * 201, "at most 200"),
        ("\ufdd0", "remove them"),
        ("{{ __spin_0 }}{a|b}", "begin with a letter"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(source: str, why: str) -> None:
    """Red when a mail would leave with half of its alternatives in it."""
    with pytest.raises(Invalid, match=why) as raised:
        check_source(TemplateSource("s", source))
    assert raised.value.code == "template_invalid"


@given(st.text(st.sampled_from("{}|\\%# ab"), max_size=30))
def test_lead_data_never_becomes_a_group_or_a_tag(data: str) -> None:
    """Red when alternatives are chosen after the data has been filled in."""
    mail = render(TemplateSource("{x|x}", "{a|a}:{{ company }}"), {**VALUES, "company": data}, seed="1")
    assert mail.text == f"a:{data}"
