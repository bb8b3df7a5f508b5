"""What a download says of itself."""

from email.message import Message
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.downloads import (
    MAX_NAME_CHARS,
    byte_range,
    content_disposition,
    result_filename,
    safe_filename,
)


@pytest.mark.parametrize(
    ("header", "served"),
    [
        (None, None),
        ("bytes=0-0", (0, 1)),
        ("bytes=2-4", (2, 5)),
        ("bytes=7-", (7, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-30", (0, 10)),
        ("bytes=5-99", (5, 10)),
        ("bytes=10-", (10, 10)),
        ("bytes=-0", (10, 10)),
        ("bytes=4-2", None),
        ("bytes=-", None),
        ("bytes=0-1,3-4", None),
        ("rows=0-1", None),
        ("Bytes=2-4", (2, 5)),
        (f"bytes=0-{'9' * 5000}", None),
        ("bytes=٣-٤", None),
    ],
)
def test_a_single_range_is_served_and_anything_else_gets_the_whole(
    header: str | None, served: tuple[int, int] | None
) -> None:
    assert byte_range(header, size=10) == served


def test_the_result_is_named_for_its_upload() -> None:
    assert result_filename("leads.csv", file_format="xlsx") == "leads-enriched.xlsx"
    assert result_filename("my.leads", file_format="csv") == "my-enriched.csv"
    assert result_filename("leads", file_format="csv") == "leads-enriched.csv"
    assert result_filename(".leads", file_format="csv") == ".leads-enriched.csv"
    assert result_filename("leads.csv", file_format="xlsx", is_partial=True) == "leads-partial.xlsx"


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("leads.csv", "leads.csv"),
        ("ünï 𝄞 (2).csv", "ünï 𝄞 (2).csv"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\leads.csv", "C__leads.csv"),
        ("a\r\nSet-Cookie: x=1.csv", "aSet-Cookie_ x=1.csv"),
        ("leads\u202evsc.exe", "leadsvsc.exe"),
        ("CON", "_CON"),
        ("nul.csv", "_nul.csv"),
        ("com1 .csv", "_com1.csv"),
        ("console.csv", "console.csv"),
        (" .. ", "download"),
        ("", "download"),
        ("leads.csv. ", "leads.csv"),
        ("x" * 400 + ".xlsx", "x" * (MAX_NAME_CHARS - 5) + ".xlsx"),
    ],
)
def test_a_file_name_can_be_saved_anywhere_and_hides_nothing(name: str, saved: str) -> None:
    """Red when a name climbs out of its folder, means a device, turns its ending round, or loses it."""
    assert safe_filename(name) == saved


@given(name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_no_file_name_breaks_out_of_its_header(name: str) -> None:
    """Red when quotes, line ends or separators get through into the header."""
    header = content_disposition(name)
    assert header.isascii()
    assert header.isprintable()
    message = Message()
    message["Content-Disposition"] = header
    assert message.get_content_disposition() == "attachment"
    assert unquote(header.rpartition("filename*=UTF-8''")[2]) == safe_filename(name)
    assert safe_filename(safe_filename(name)) == safe_filename(name)
    assert header.count(";") == 2
    assert header.count('"') == 2
