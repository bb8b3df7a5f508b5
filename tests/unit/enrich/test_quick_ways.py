"""Where a quick way answers for most texts, it answers as the long way does for all."""

from __future__ import annotations

from urllib.parse import urlsplit

from hypothesis import given
from hypothesis import strategies as st

from services.enrich.domain.texts import positions, visible
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


@given(st.lists(st.sampled_from("ab"), max_size=3), st.lists(st.sampled_from("abc"), max_size=12))
def test_a_sequence_of_words_is_found_wherever_it_begins(needle: list[str], haystack: list[str]) -> None:
    """Red when one that begins within another is passed over."""
    size = len(needle)
    every = [at for at in range(len(haystack)) if needle and haystack[at : at + size] == needle]
    assert positions(needle, haystack) == positions(tuple(needle), haystack) == every
