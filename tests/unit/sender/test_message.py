"""The mail on the wire: data never becomes a header, the envelope has one recipient, the Message-ID is the row's."""

import contextlib
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import Header
from email.message import Message
from uuid import uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from libs.common.errors import Invalid
from services.sender.domain.addresses import normalise
from services.sender.domain.message import (
    HEADERS,
    Letter,
    Sender,
    build,
    check_wire,
    message_id_of,
    safe_header,
    sender_from,
    to_header,
)
from services.sender.domain.templates import Rendered

NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)
SENDER = Sender("Ann Lee", "ann@corofy.example", "1 Test Street", "stop@corofy.example")


def letter(subject: str, *, sender: Sender = SENDER, to: str = "bo@company.example") -> Letter:
    email_id = uuid4()
    rendered = Rendered(subject, "Hi\n.\nthere ü\n", "<p>Hi ü</p>")
    message_id = message_id_of(email_id, domain=sender.domain)
    return build(rendered, sender=sender, to=to, message_id=message_id, email_id=email_id, now=NOW)


@pytest.mark.parametrize(
    "subject",
    [
        "Hi =?UTF-8?Q?=0A?=Bcc: x@y.example",
        "Hi =?UTF-8?Q?=0D=0ABcc:_x@y.example?=",
        "Hi =?UTF-8?B?DQpCY2M6IHhAeS5leGFtcGxl?=",
        "Hi =?utf-8?q?=00?= there",
        "Hi =?utf-8*en?Q?=0ABcc:z?=",
        "Hi =?utf-7?Q?+AAo-?=",
        "Hi =?no-such-charset?Q?=41?=",
        "Hi\nBcc: x@y.example",
        "Hi\r there",
        "Hi\0there",
        "Hi\x85there",
        "Hi\u2028there",
    ],
)
def test_nothing_in_a_subject_ends_its_line(subject: str) -> None:
    """Red when encoded words are not decoded before the check (Python 3.11.7 writes them out as real headers)."""
    with pytest.raises(Invalid) as raised:
        letter(subject)
    assert raised.value.code == "unsafe_header"


def test_an_address_that_a_reader_takes_for_an_encoded_word_fails_by_name_before_start_and_after() -> None:
    """Red when one address that no header can name makes whoever sends it fall over, with all mails that it has in hand."""
    address = normalise("=?utf-8?q?ab?=@company.example")
    with pytest.raises(Invalid) as raised:
        letter("Hi", to=address)
    assert raised.value.code == "unsafe_header"
    with pytest.raises(Invalid):
        to_header(address)


@given(st.text("=?utf8qb-.+_'", min_size=1, max_size=20))
def test_any_address_of_a_list_makes_a_mail_or_fails_by_name(local: str) -> None:
    """Red when an address that is taken in fails in another way than by name."""
    with contextlib.suppress(Invalid):
        letter("Hi", to=normalise(f"{local}@company.example"))


def _unchecked(_name: str, value: str) -> str:
    return value


def test_the_trap_ends_at_the_second_guard_where_python_falls_into_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when the finished bytes are not read again: 3.11.7 writes a Bcc of its own (3.11.2 does not)."""
    monkeypatch.setattr("services.sender.domain.message.safe_header", _unchecked)
    names: set[str] = set()
    with contextlib.suppress(Invalid):
        names = set(message_from_bytes(letter("Hi =?UTF-8?Q?=0A?=Bcc: x@y.example").content).keys())
    assert names <= set(HEADERS)


@pytest.mark.parametrize(
    "line",
    [
        b"Bcc: x@y.example\r\n",
        b"Subject: another one\r\n",
        b"X\nBcc: x@y.example\r\n",
        b" \rBcc: x@y.example\r\n",
        b" \x1eBcc: x@y.example\r\n",
        b" \xc2\x85Bcc: x@y.example\r\n",
        b" \0\r\n",
    ],
)
def test_finished_bytes_with_a_header_too_many_are_refused(line: bytes) -> None:
    """Red when a foreign header, one of ours twice, or what a reader may take for the end of a line passes the second guard."""
    content = letter("Hi").content
    check_wire(content)
    with pytest.raises(Invalid) as raised:
        check_wire(line + content)
    assert raised.value.code == "unsafe_header"


@given(st.text(max_size=120))
def test_any_subject_makes_a_mail_with_our_headers_only_or_none(subject: str) -> None:
    """Red when any text whatever adds a header, or fails in another way than by name."""
    try:
        content = letter("S " + subject).content
    except Invalid:
        return
    names = message_from_bytes(content).keys()
    assert set(names) <= set(HEADERS)
    assert len(names) == len(set(names))


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=200))
@example(
    'ae.cé ?😀c日"é.? .üée本bé écßü!?😀,ßö?ß céa:"!(,a,.語! ,eeüa日:ac: ?":de ü?,😀,é" "😀cß aed ücb!d!d übcd, :":ßé,ß.d?語'
)
@example(
    '!ebß😀 b?! d😀":a.eßd? "öbüß.é.ö"d!e. :ö é,débaadb! üüd 😀,"ßb,. :.😀ß"éßö é(.😀日. ,dca:ca,?e.üe .,ß bß! öc(é(."!日'
)
def test_a_subject_of_any_length_is_folded_and_reads_the_same(subject: str) -> None:
    """Red when an encoded word is longer than the 75 characters of RFC 2047, or folding loses a space or a character."""
    try:
        content = letter(subject).content
    except Invalid:
        return
    head = content.partition(b"\r\n\r\n")[0]
    for line in head.split(b"\r\n"):
        assert b"=?" not in line or len(line) <= 76, line
    read = message_from_bytes(content, policy=email.policy.default)["Subject"]
    assert " ".join(str(read).split()) == " ".join(subject.split())


@given(st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=40), st.sampled_from(["b", "q"]))
def test_no_encoded_word_smuggles_a_line_end(words: str, encoding: str) -> None:
    hidden = Header(words + "\nBcc: x@y.example", "utf-8", maxlinelen=10_000).encode()
    with pytest.raises(Invalid):
        safe_header("Subject", f"Hi {hidden} {encoding}\n")
    with pytest.raises(Invalid):
        safe_header("Subject", f"Hi =?utf-8?q?{'=41' * len(words)}=0ABcc:_x?=")


def test_a_letter_names_one_recipient_and_the_rows_message_id() -> None:
    email_id = uuid4()
    found = letter("Grüße aus Köln")
    mail = message_from_bytes(found.content)
    assert found.envelope_to == "bo@company.example"
    assert mail["To"] == "bo@company.example"
    assert message_id_of(email_id, domain="x.example") == message_id_of(email_id, domain="x.example")
    assert mail["Message-ID"] == found.message_id
    assert mail["Date"] == "Mon, 01 Mar 2027 08:00:00 +0000"
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert found.content.isascii()


def test_a_senders_name_may_be_missing_or_foreign() -> None:
    assert sender_from("ann@corofy.example", postal_address="x").name == "ann@corofy.example"
    named = sender_from("Änn Lee <ann@corofy.example>", postal_address="x")
    assert (named.name, named.domain, named.unsubscribe_address) == (
        "Änn Lee",
        "corofy.example",
        "ann@corofy.example",
    )
    with pytest.raises(Invalid):
        letter("x", sender=Sender("Ann\nBcc: x", "ann@corofy.example", "x", "s@corofy.example"))


def plain(*, sender: Sender = SENDER, list_unsubscribe: str = "", thread: tuple[str, ...] = ()) -> Message:
    email_id = uuid4()
    found = build(
        Rendered("Hi", "Hi\n", None),
        sender=sender,
        to="bo@company.example",
        message_id=message_id_of(email_id, domain=sender.domain),
        email_id=email_id,
        now=NOW,
        list_unsubscribe=list_unsubscribe,
        thread=thread,
    )
    return message_from_bytes(found.content)


def test_answers_go_where_the_mailbox_wants_them() -> None:
    """Red when Reply-To is left out, or repeats the sender."""
    assert plain()["Reply-To"] is None
    assert plain(sender=replace(SENDER, reply_to="team@corofy.example"))["Reply-To"] == "team@corofy.example"
    with pytest.raises(Invalid):
        plain(sender=replace(SENDER, reply_to="a@b.example\nBcc: x@y.example"))


def test_a_link_to_unsubscribe_comes_with_its_one_click() -> None:
    """RFC 8058: red when a link comes without List-Unsubscribe-Post, or one click is offered with an address alone."""
    link = "<https://corofy.example/u/abc>, <mailto:stop@corofy.example>"
    one_click = plain(list_unsubscribe=link)
    assert one_click["List-Unsubscribe"] == link
    assert one_click["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    by_mail = plain()
    assert by_mail["List-Unsubscribe"].startswith("<mailto:stop@corofy.example?subject=")
    assert by_mail["List-Unsubscribe-Post"] is None
    with pytest.raises(Invalid):
        plain(list_unsubscribe="<https://corofy.example/u/a\r\nBcc: x@y.example>")


def test_a_later_step_goes_on_in_the_same_thread() -> None:
    """Red when In-Reply-To is not the mail right before, or References lacks one."""
    first, second = message_id_of(uuid4(), domain="a.example"), message_id_of(uuid4(), domain="a.example")
    mail = plain(thread=(first, second))
    assert mail["In-Reply-To"] == second
    assert mail["References"].split() == [first, second]
    assert plain()["References"] is None


@pytest.mark.parametrize("wrong", ["no brackets", "<a b@c>", "<a@b>\r\nBcc: x", "<>", "<a@b> <c@d>"])
def test_what_is_no_message_id_names_no_thread(wrong: str) -> None:
    """Red when data ends the References line."""
    with pytest.raises(Invalid):
        plain(thread=(wrong,))
