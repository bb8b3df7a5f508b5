"""The host of a source: the short way for plain addresses says what the long way says."""

from urllib.parse import urlsplit

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.source_tally import host_of

PIECES = [
    "http://",
    "https://",
    "HTTPS://",
    "www.",
    "acme",
    ".example",
    "/",
    "?",
    "#",
    "@",
    ":8080",
    "[",
    "]",
    " ",
    "\n",
    "é",
]


@given(url=st.lists(st.sampled_from(PIECES), max_size=8).map("".join) | st.text(max_size=20))
def test_the_short_way_to_a_host_agrees_with_the_long_one(url: str) -> None:
    """Whatever stands in an address. Red when the pattern takes in what urlsplit leaves out, or the other way round."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None
    assert host_of(url) == (host or url).removeprefix("www.")
