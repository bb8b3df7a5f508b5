"""A mail's bytes, read back by Python's own parser and held against what its package writes."""

import email.policy
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import EmailPolicy

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.sender.domain.wire import alternatives, header_line, text_part

THEIRS = EmailPolicy(linesep="\r\n", cte_type="7bit", max_line_length=900)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)


def read(content: bytes) -> EmailMessage:
    found = message_from_bytes(content, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def lines_of(text: str) -> list[bytes]:
    return text.encode().splitlines()


@given(WORDS)
@example("")
@example("line\rline\r\nline\n")
@example("." * 950 + "\n.\n")
@example("trailing blank \nund ü \n")
@example("NUL \0 in it")
@example("語" * 500)
@example("ü" + "x" * 2000)
def test_any_text_is_read_back_as_it_was_in_lines_that_every_server_takes(text: str) -> None:
    """Red when a character is lost, a line is longer than 998 characters (RFC 5322, 2.1.1), a line end is not CRLF, or a
    byte is not ASCII."""
    part = text_part(text, subtype="plain")
    assert part.isascii()
    assert part.endswith(b"\r\n")
    assert b"\0" not in part
    assert part.count(b"\n") == part.count(b"\r") == part.count(b"\r\n")
    assert max(map(len, part.split(b"\r\n"))) <= 998
    found = read(part).get_payload(decode=True)
    assert isinstance(found, bytes)
    assert [*found.splitlines()] == (lines_of(text) or [b""])


@given(WORDS, WORDS)
def test_both_texts_come_back_from_one_mail_in_their_order(text: str, html: str) -> None:
    """Red when a part swallows the line end that belongs to the boundary, or the last boundary is missing."""
    parts = [text_part(text, subtype="plain"), text_part(html, subtype="html")]
    mail = read(alternatives(parts, boundary="=_0123456789abcdef"))
    assert not mail.defects
    assert mail.get_content_type() == "multipart/alternative"
    first, second = mail.iter_parts()
    assert (first.get_content_type(), second.get_content_type()) == ("text/plain", "text/html")
    for part, words in ((first, text), (second, html)):
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        assert content.splitlines() == (lines_of(words) or [b""])


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Hi there\n", "7bit"),
        ("Many kind regards and Grüße\n", "quoted-printable"),
        ("語" * 90, "base64"),
        ("x" * 2000, "quoted-printable"),
    ],
)
def test_the_shorter_encoding_is_taken_and_none_where_none_is_needed(text: str, encoding: str) -> None:
    """Red when a long line goes as it is, or a Chinese text takes three characters a byte."""
    assert read(text_part(text, subtype="plain"))["Content-Transfer-Encoding"] == encoding


@pytest.mark.parametrize("name", ["From", "To", "Subject"])
@pytest.mark.parametrize(
    "value",
    ["Ann Lee <ann@a.example>", '"Lee, Ann" <ann@a.example>', "Änn Lee <ann@a.example>", "<0a1b@a.example>"],
)
def test_a_header_reads_as_the_one_that_the_package_writes(name: str, value: str) -> None:
    """Red when what is written as it is would have needed quoting, folding or an encoded word."""
    theirs = EmailMessage(policy=THEIRS)
    theirs[name] = value
    assert read(header_line(name, value) + b"\r\n")[name] == read(theirs.as_bytes())[name]


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=200))
@example("word " * 300)
def test_a_long_subject_is_folded_and_a_short_one_stays_whole(subject: str) -> None:
    """Red when a line of a header is longer than 998 characters."""
    line = header_line("Subject", subject.strip() or "x")
    assert line.endswith(b"\r\n")
    assert max(map(len, line.split(b"\r\n"))) <= 998
