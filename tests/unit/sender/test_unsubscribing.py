"""Unsubscribe links: sealed, bound, the same for a mail however often it is built; and the page's languages."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.errors import NotFound
from services.sender.domain.unsubscribe_page import language_of, masked, page
from services.sender.domain.unsubscribing import UnsubscribeLinks, Unsubscribing, list_unsubscribe

LINKS = UnsubscribeLinks("https://app.corofy.example/", bytes(range(64)))
TOLD = Unsubscribing(uuid4(), uuid4(), uuid4(), "ann@company.example")


@given(st.uuids(), st.uuids(), st.uuids(), st.emails())
def test_a_token_is_read_as_it_was_made_and_only_by_its_key(one: UUID, two: UUID, three: UUID, address: str) -> None:
    told = Unsubscribing(one, two, three, address)
    token = LINKS.token(told)
    assert LINKS.read(token) == told
    assert LINKS.token(told) == token, "a mail that is built again has the same link"
    with pytest.raises(NotFound):
        UnsubscribeLinks(LINKS.base_url, bytes(64)).read(token)


@given(st.integers(0, 10_000), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"))
def test_no_character_of_a_token_can_be_changed(place: int, char: str) -> None:
    """Red when a token is only encoded and not authenticated, or the last character may be one that means the same."""
    token = LINKS.token(TOLD)
    place %= len(token)
    changed = token[:place] + char + token[place + 1 :]
    if changed != token:
        with pytest.raises(NotFound):
            LINKS.read(changed)


@given(st.text(max_size=2000))
def test_anything_else_is_no_link(words: str) -> None:
    """Red when a made-up token raises anything but NotFound."""
    with pytest.raises(NotFound):
        LINKS.read(words)


def test_a_token_tells_nothing_of_whose_it_is() -> None:
    token = LINKS.token(TOLD)
    assert "ann" not in token
    assert TOLD.lead_id.hex not in token
    assert LINKS.url(TOLD) == f"https://app.corofy.example/u/{token}"
    assert list_unsubscribe(LINKS.url(TOLD), by_mail="<mailto:a@b>") == f"<{LINKS.url(TOLD)}>, <mailto:a@b>"


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-CH,de;q=0.9,en;q=0.8", "de"),
        ("ja,fr;q=0.5,es;q=0.7", "es"),
        ("de;q=0,en", "en"),
        ("*", "en"),
        ("x;q=y,de;q=0.1", "de"),
        ("," * 10_000, "en"),
    ],
)
def test_the_page_speaks_the_first_language_that_the_reader_takes(asked: str, language: str) -> None:
    assert language_of(asked) == language


def test_the_page_runs_nothing_and_shows_no_whole_address() -> None:
    """Red when a name of the sender can end its place in the page."""
    shown = page("ask", language="en", address="ann@company.example", sender="<script>alert(1)</script>")
    assert "<script>" not in shown
    assert "ann@" not in shown
    assert masked("ann@company.example") == "a•••@company.example"
    assert '<form method="post">' in shown
    assert all("<form" not in page(kind, language="de") for kind in ("done", "test", "unknown"))
