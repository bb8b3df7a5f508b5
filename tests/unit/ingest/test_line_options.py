"""What is asked of the lines is refused with what would be right, before a job is made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.contracts.lines import LANGUAGES, TONES
from libs.common.errors import Invalid
from services.ingest.domain.line_options import (
    FIELDS,
    check_forbidden,
    check_language,
    check_line_rules,
    columns_told,
)
from services.ingest.schemas.quotes import ResearchIn


@pytest.mark.parametrize(
    "rules", ["", "Name {product} once.", "Mention { Fleet size } and {FIRST_NAME}.", "{pitch}{offer}"]
)
def test_fields_that_we_or_the_sheet_have_may_be_named(rules: str) -> None:
    """Red when the columns of the sheet are no fields, or case and blanks tell names apart."""
    check_line_rules(rules, columns=["Fleet size"])


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("Hello {frist_name}", "did you mean {first_name}?"),
        ("Your {fleet siz}", "did you mean {Fleet size}?"),
        ("{xyzzy}", "{offer}, {product}, {pitch} and the columns of the sheet"),
        ("{}", "which is no field"),
        ("Hello {first_name", "without its partner"),
        ("Hello first_name}", "without its partner"),
        ("x" * 2001, "2000 at most"),
    ],
)
def test_an_unknown_field_is_refused_with_what_was_meant(rules: str, said: str) -> None:
    """Red when the refusal does not say what would be right."""
    with pytest.raises(Invalid, match="rules for the line") as refused:
        check_line_rules(rules, columns=["Fleet size"])
    assert refused.value.code == "line_rules_invalid"
    assert said in refused.value.message


@given(st.lists(st.sampled_from(FIELDS)), st.text(st.characters(blacklist_characters="{}"), max_size=20))
def test_rules_of_known_fields_and_any_words_pass(names: list[str], words: str) -> None:
    """Red when a known field is refused for what stands around it."""
    check_line_rules(words.join(f"{{{name}}}" for name in names), columns=[])


def test_a_language_that_no_program_can_check_is_refused() -> None:
    """Red when a line in a language without rules would be ordered."""
    for code in LANGUAGES:
        check_language(code)
        check_language(f"{code}-AT")
    with pytest.raises(Invalid, match="'xx' is no language"):
        check_language("xx")


@pytest.mark.parametrize("words", [["synergy"] * 51, ["x" * 81], ["!?"], [""]])
def test_what_cannot_be_looked_for_cannot_be_forbidden(words: list[str]) -> None:
    """Red when a word without letters is taken."""
    with pytest.raises(Invalid) as refused:
        check_forbidden(words)
    assert refused.value.code == "forbidden_words_invalid"


def test_the_form_takes_every_tone_and_hands_all_wishes_on() -> None:
    """Red when a tone is missing from the form, or a wish is lost on the way to the request."""
    for tone in TONES:
        asked = ResearchIn(tone=tone, forbidden_words=[" synergy "], line_rules="x")
        assert asked.wishes["tone"] == tone
        assert (asked.wishes["forbidden_words"], asked.wishes["line_rules"]) == (("synergy",), "x")


def test_what_no_model_is_told_cannot_be_named() -> None:
    """Red when an address of a person would be promised to the writer of the line, by its role or by its column."""
    columns = columns_told(["Mail", "Fleet size"], {"email": "Mail", "company": "Firm"})
    assert columns == ["Fleet size"]
    for name in ("email", "phone", "linkedin", "Mail"):
        with pytest.raises(Invalid, match="which is no field"):
            check_line_rules(f"Write to {{{name}}}", columns=columns)
