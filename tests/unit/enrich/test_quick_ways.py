"""Where a quick way answers for most texts, it answers as the long way does for all."""

from __future__ import annotations

from urllib.parse import urlsplit

from hypothesis import given
from hypothesis import strategies as st

from services.enrich.domain.evidence import is_too_short
from services.enrich.domain.orders import HINTS, HINTS_BY_RARE
from services.enrich.domain.texts import clean, positions, visible, words_of
from services.enrich.domain.web_addresses import host_of

PIECES = ["http://", "https://", "HTTP://", "//", "www.", *"abc.-:/@?#[]\\ \t\n%A1é_;&=\x00"]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_a_host_is_what_the_standard_library_makes_of_an_address(url: str) -> None:
    """Red when an address that is oddly written leads somewhere else than it says."""
    try:
        expected = urlsplit(url).hostname or ""
    except ValueError:
        expected = ""
    assert host_of(url) == expected


@given(st.text(st.characters(max_codepoint=0x2FF)))
def test_what_nobody_sees_is_left_out_of_ascii_as_of_any_text(text: str) -> None:
    """Red when a control survives in a text because all its letters are plain."""
    assert visible(text) == visible(f"{text}é")[:-1]


PLAIN = st.lists(st.sampled_from(["a", "B.", " ", "  "]), max_size=8)
ODD = st.lists(st.sampled_from([*"a \t\n\x00\x1c\x7f\u00a0é\u200b\u3164\ufe0f"]), max_size=8)


@given((PLAIN | ODD).map("".join))
def test_a_plain_text_is_cleaned_as_any_other(text: str) -> None:
    """Red when a text that is taken for plain keeps something that cleaning takes away."""
    whole = " ".join(visible(text).split())
    assert clean(text, longest=99) == whole[:99].strip()
    assert clean(text, longest=3) == whole[:3].strip()


@given(st.lists(st.sampled_from("ab"), max_size=3), st.lists(st.sampled_from("abc"), max_size=12))
def test_a_sequence_of_words_is_found_wherever_it_begins(needle: list[str], haystack: list[str]) -> None:
    """Red when one that begins within another is passed over."""
    size = len(needle)
    every = [at for at in range(len(haystack)) if needle and haystack[at : at + size] == needle]
    assert positions(needle, haystack) == positions(tuple(needle), haystack) == every


@given(st.lists(st.sampled_from([*"aZ9_é.- \n|", "ß", "İ"]), max_size=14).map("".join))
def test_a_snippet_is_too_short_with_fewer_than_three_words(snippet: str) -> None:
    """Red when the look for three words counts otherwise than taking the words apart."""
    assert is_too_short(snippet) == (len(words_of(snippet)) < 3)


def test_every_hint_of_an_order_is_looked_for() -> None:
    """Red when a hint is filed under a character that it has not: the texts without it would never be looked at."""
    assert sorted(hint for some in HINTS_BY_RARE.values() for hint in some) == sorted(HINTS)
    assert all(rare in hint for rare, some in HINTS_BY_RARE.items() for hint in some)
