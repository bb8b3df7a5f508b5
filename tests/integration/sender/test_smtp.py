"""The SMTP client against a real server: accepted, refused, deferred or unknown, and nothing else."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast
from uuid import uuid4

import aiosmtplib
import pytest

from libs.common.smtp_address import parse_smtp_url
from services.sender.clients.mailbox import MailboxDown
from services.sender.clients.smtp import SmtpMailbox
from services.sender.clients.smtp_call import Call, dot_stuffed
from services.sender.clients.smtp_door import Door
from services.sender.clients.words import storable
from services.sender.domain.message import Letter
from services.sender.domain.sending import Accepted, Deferred, NotCalled, Outcome, Refused, Unknown
from tests.integration.sender.servers import Inbox, listening
from tests.support.certificates import self_signed
from tests.support.waiting import PATIENCE_S


def mailbox_at(port: int, *, user: str = "", timeout_s: float = 5) -> SmtpMailbox:
    address = parse_smtp_url(f"smtp://{user}127.0.0.1:{port}")
    return SmtpMailbox(address, connect_timeout_s=5, provider_timeout_s=timeout_s)


def letter(to: str = "lead@company.example", body: bytes = b"Hi\r\n") -> Letter:
    content = b"From: ann@corofy.example\r\nSubject: x\r\n\r\n" + body
    return Letter("ann@corofy.example", to, f"<{uuid4().hex}@x>", content)


def always() -> bool:
    return True


async def test_an_accepted_mail_has_one_recipient_and_its_bytes() -> None:
    inbox = Inbox()
    async with listening(inbox) as port:
        mailbox = mailbox_at(port)
        outcome = await mailbox.send(letter(body=b".leading dot\r\n..two\r\n.\r\nend\r\n"), may_call=always)
        await mailbox.close()
    assert isinstance(outcome, Accepted)
    assert inbox.mails[0][:2] == ("ann@corofy.example", ["lead@company.example"])
    assert inbox.mails[0][2].endswith(b"\r\n\r\n.leading dot\r\n..two\r\n.\r\nend\r\n")


@pytest.mark.parametrize(
    ("mood", "kind", "kept"),
    [
        ("no such user", Refused, 0),
        ("no such user, in Latin-1", Refused, 0),
        ("greylisted", Deferred, 0),
        ("relay refused", Deferred, 0),
        ("sender refused", Deferred, 0),
        ("greeting refused", Deferred, 0),
        ("drop at RCPT", Deferred, 0),
        ("spam", Refused, 0),
        ("full", Deferred, 0),
        ("kept and dropped", Unknown, 1),
        ("lost and dropped", Unknown, 0),
        ("hang", Unknown, 0),
        ("garbage", Unknown, 1),
    ],
)
async def test_what_can_be_known_of_each_answer(mood: str, kind: type[Outcome], kept: int) -> None:
    """Red when a connection that is lost after the final dot counts as deferred, or one lost before it as unknown."""
    inbox = Inbox(moods=[mood])
    async with listening(inbox) as port:
        mailbox = mailbox_at(port, timeout_s=0.5)
        outcome = await mailbox.send(letter(), may_call=always)
        assert isinstance(outcome, kind), outcome
        assert len(inbox.mails) == kept
        after = await mailbox.send(letter("next@company.example"), may_call=always)
        assert isinstance(after, Accepted), "the next mail is not harmed"
        await mailbox.close()
    assert inbox.recipients[-1] == "next@company.example"


@pytest.mark.parametrize(
    ("mood", "trouble"),
    [
        ("greylisted", False),
        ("full", False),
        ("sender refused", True),
        ("drop at RCPT", True),
        ("greeting refused", True),
        ("relay refused", True),
        ("login wanted", True),
        ("day limit", True),
    ],
)
async def test_the_trouble_of_a_mailbox_is_told_from_that_of_a_recipient(mood: str, trouble: bool) -> None:
    """Red when what a server has against us (sender, greeting, login, our day's limit) fails lead after lead."""
    async with listening(Inbox(moods=[mood])) as port:
        mailbox = mailbox_at(port)
        outcome = await mailbox.send(letter(), may_call=always)
        await mailbox.close()
    assert isinstance(outcome, Deferred)
    assert outcome.mailbox is trouble


async def test_many_mails_go_over_one_connection() -> None:
    inbox = Inbox()
    async with listening(inbox) as port:
        mailbox = mailbox_at(port)
        for number in range(20):
            assert isinstance(await mailbox.send(letter(f"l{number}@company.example"), may_call=always), Accepted)
        await mailbox.close()
    assert inbox.connections == 1
    assert len(set(inbox.recipients)) == 20


async def test_a_connection_that_went_stale_is_made_anew() -> None:
    inbox = Inbox()
    async with listening(inbox) as port:
        mailbox = mailbox_at(port)
        await mailbox.open()
    async with listening(inbox, port=port):
        assert isinstance(await mailbox.send(letter(), may_call=always), Accepted)
        await mailbox.close()
    assert len(inbox.mails) == 1


async def test_without_a_server_nothing_was_accepted() -> None:
    async with listening(Inbox()) as port:
        pass
    mailbox = mailbox_at(port)
    outcome = await mailbox.send(letter(), may_call=always)
    assert isinstance(outcome, Deferred)
    assert outcome.mailbox
    with pytest.raises(MailboxDown):
        await mailbox.open()


async def test_a_refused_login_is_the_mailboxs_trouble() -> None:
    inbox = Inbox()
    async with listening(inbox, logins=True) as port:
        mailbox = mailbox_at(port, user="ann:secret@")
        with pytest.raises(MailboxDown) as raised:
            await mailbox.open()
    assert "535" in str(raised.value)
    assert "secret" not in str(raised.value)


async def test_past_the_call_deadline_not_one_byte_of_the_mail_is_sent() -> None:
    """Rule deadline: red when the client does not ask before MAIL, also after it had to connect."""
    inbox = Inbox()
    async with listening(inbox) as port:
        mailbox = mailbox_at(port)
        assert isinstance(await mailbox.send(letter(), may_call=lambda: False), NotCalled)
        await mailbox.close()
    assert inbox.commands == []


async def test_a_call_ends_within_the_provider_timeout() -> None:
    """Rule lease_covers: red when the call is not bounded as a whole."""
    async with listening(Inbox(moods=["hang"])) as port:
        mailbox = mailbox_at(port, timeout_s=0.3)
        async with asyncio.timeout(PATIENCE_S):
            assert isinstance(await mailbox.send(letter(), may_call=always), Unknown)
        await mailbox.close()


async def test_a_server_that_does_not_answer_rset_does_not_hold_up_the_outcome() -> None:
    """Red when RSET may take the provider timeout: a crash meanwhile would make a clear no unknown."""
    async with listening(Inbox(moods=["no such user"], silent_at_rset=True)) as port:
        mailbox = mailbox_at(port, timeout_s=10 * PATIENCE_S)
        async with asyncio.timeout(PATIENCE_S):
            assert isinstance(await mailbox.send(letter(), may_call=always), Refused)
        assert isinstance(await mailbox.send(letter(), may_call=always), Accepted), "over a new connection"
        await mailbox.close()


@pytest.mark.parametrize("words", ["plain", "Empf\udce4nger", "a\0b", "\udc80\0" * 300, "ü" * 400])
def test_whatever_a_server_says_can_be_stored(words: str) -> None:
    """Red when a NUL or half a character is passed on to Postgres."""
    stored = storable(words)
    assert stored.encode()
    assert "\0" not in stored
    assert 0 < len(stored) <= 300


def test_a_password_never_travels_in_the_clear() -> None:
    """Red when STARTTLS is optional although there is a password and the server is elsewhere."""
    assert parse_smtp_url("smtp://u:p@mail.example:587").start_tls is True
    assert parse_smtp_url("smtp://mail.example").start_tls is None
    assert parse_smtp_url("smtps://u:p@mail.example").tls
    assert parse_smtp_url("smtp://u:p%40ss@127.0.0.1:2525").password == "p@ss"


def test_dots_are_doubled_and_line_ends_made_whole() -> None:
    assert dot_stuffed(b"a\n.b\r\n\r.c") == b"a\r\n..b\r\n\r\n..c\r\n.\r\n"


@pytest.mark.parametrize(
    ("name", "trusted", "works"),
    [("mail.own.example", True, True), ("mail.own.example", False, False), ("mail.other.example", True, False)],
)
async def test_a_server_has_to_prove_its_name(tmp_path: Path, name: str, trusted: bool, works: bool) -> None:
    """Red when a certificate that nobody vouches for, or one of another name, is taken: anybody on the way could read."""
    server, client = self_signed(tmp_path, name)
    inbox = Inbox()

    async def lookup(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    async with listening(inbox, tls=server) as port:
        door = Door(
            "mail.own.example",
            port,
            tls=True,
            start_tls=False,
            only_public=True,
            lookup=lookup,
            tls_context=client if trusted else None,
        )
        mailbox = SmtpMailbox(door, connect_timeout_s=5, provider_timeout_s=5)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("libs.common.public_resolver.is_public", bool)
            outcome = await mailbox.send(letter(), may_call=always)
            await mailbox.close()
    assert isinstance(outcome, Accepted) is works, outcome
    assert len(inbox.mails) == works


async def test_a_password_is_not_said_where_tls_is_not_to_be_had() -> None:
    """Red when STARTTLS is taken where it is offered only: whoever sits in between takes the offer away."""
    inbox = Inbox()
    async with listening(inbox, logins=True) as port:
        door = Door("127.0.0.1", port, tls=False, start_tls=True, username="ann", password="secret")
        mailbox = SmtpMailbox(door, connect_timeout_s=5, provider_timeout_s=5)
        with pytest.raises(MailboxDown) as down:
            await mailbox.open()
    assert "535" not in down.value.message, "it came to no login"
    assert down.value.pause is None


class Gone:
    """A connection that is lost between DATA's answer and the mail."""

    protocol = None

    async def mail(self, _sender: str) -> None: ...

    async def rcpt(self, _to: str) -> None: ...

    async def execute_command(self, _command: bytes) -> tuple[int, str]:
        return 354, "go ahead"


async def test_a_connection_lost_right_before_the_mail_is_the_mailboxs_trouble() -> None:
    """Red when the recipient is counted as putting us off for what our own line did."""
    call = Call(cast("aiosmtplib.SMTP", Gone()), letter())
    outcome = await call.run()
    assert isinstance(outcome, Deferred)
    assert (outcome.mailbox, call.handed_over) == (True, False)
