"""SendGrid's and Mailgun's clients against the stand-ins: accepted, refused, deferred or unknown; the inbox has the verdict."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal
from uuid import uuid4

import pytest

from deploy.sandbox.app import SandboxApp
from deploy.sandbox.state import SandboxSettings
from libs.common.clock import utc_now
from services.sender.clients.mailbox import MailboxDown
from services.sender.clients.mailgun import MailgunMailbox
from services.sender.clients.sendgrid import SendGridMailbox
from services.sender.domain.message import Letter, Sender, build, message_id_of
from services.sender.domain.sending import Accepted, Deferred, NotCalled, Outcome, Refused, Unknown
from services.sender.domain.templates import Rendered
from tests.support.upstream import serving
from tests.support.waiting import eventually

Name = Literal["sendgrid", "mailgun"]
SENDER = Sender("Ann Müller", "ann@acme.example", "1 Street", "stop@acme.example", reply_to="answers@acme.example")


@dataclass(frozen=True)
class Provider:
    """A stand-in and how our client reaches it."""

    app: SandboxApp
    url: str
    name: Name

    @asynccontextmanager
    async def mailbox(
        self, *, timeout_s: float = 5, url: str | None = None
    ) -> AsyncGenerator[SendGridMailbox | MailgunMailbox]:
        base, waits = url or f"{self.url}/{self.name}", {"provider_timeout_s": timeout_s, "connect_timeout_s": 5}
        if self.name == "sendgrid":
            made = SendGridMailbox("SG.any", base_url=base, **waits)
        else:
            made = MailgunMailbox("key-any", domain="acme.example", base_url=base, **waits)
        yield made
        await made.close()

    def turn(self, **dials: Any) -> None:
        self.app.box.turn(self.app.box.dials.turned({self.name: dials}))

    async def send(self, mail: Letter, *, timeout_s: float = 5) -> Outcome:
        async with self.mailbox(timeout_s=timeout_s) as mailbox:
            return await mailbox.send(mail, may_call=lambda: True)

    @property
    def inbox(self) -> list[dict[str, Any]]:
        return [mail.summary() for mail in self.app.box.mailbox.newest(100)]


@pytest.fixture(scope="module")
async def served() -> AsyncGenerator[tuple[SandboxApp, str]]:
    app = SandboxApp(SandboxSettings())
    async with serving(app) as url:
        yield app, url


def fresh(served: tuple[SandboxApp, str], name: Name) -> Provider:
    app, url = served
    app.box.reset_dials()
    app.box.forget_mail()
    return Provider(app, url, name)


@pytest.fixture(params=["sendgrid", "mailgun"])
def provider(request: pytest.FixtureRequest, served: tuple[SandboxApp, str]) -> Provider:
    return fresh(served, request.param)


def letter(text: str = "Grüße,\n.dot\n", html: str | None = "<p>Grüße</p>\n") -> Letter:
    email_id = uuid4()
    return build(
        Rendered("Über Pumpen – eine Idee", text, html),
        sender=SENDER,
        to="bo@client.example",
        message_id=message_id_of(email_id, domain="acme.example"),
        email_id=email_id,
        now=utc_now(),
        list_unsubscribe="<https://app.example/u/token>, <mailto:stop@acme.example>",
        thread=["<first@acme.example>"],
    )


@pytest.mark.parametrize("html", ["<p>Grüße</p>\n", None], ids=["both parts", "text alone"])
async def test_what_is_accepted_is_the_mail_that_was_meant(provider: Provider, html: str | None) -> None:
    """Red when a header is lost on the way (threads break, one click does not end it), or a part is changed."""
    mail = letter(html=html)
    outcome = await provider.send(mail)
    assert isinstance(outcome, Accepted)
    assert outcome.reply
    (kept,) = provider.inbox
    headers = dict(kept["headers"])
    assert kept["envelope_to"] == ["bo@client.example"]
    assert (kept["subject"], kept["text"], kept["html"]) == ("Über Pumpen – eine Idee", "Grüße,\n.dot\n", html)
    assert headers["From"] == "Ann Müller <ann@acme.example>"
    assert headers["Reply-To"] == "answers@acme.example"
    assert headers["Message-ID"] == mail.message_id
    assert headers["References"] == "<first@acme.example>"
    assert headers["List-Unsubscribe"].startswith("<https://app.example/u/token>")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    ("dials", "kind", "kept", "says"),
    [
        ({"bad_key": True}, Deferred, 0, "401"),
        ({"day_limit": 0}, Deferred, 0, "e"),
        ({"fail_rate": 1, "fail_status": 429}, Deferred, 0, "429"),
        ({"fail_rate": 1, "fail_status": 400}, Refused, 0, "400"),
        ({"fail_rate": 1, "fail_status": 413}, Refused, 0, "413"),
        ({"fail_rate": 1, "fail_status": 500}, Unknown, 0, "500"),
        ({"fail_rate": 1, "fail_status": 503}, Unknown, 0, "503"),
        ({"hang": True}, Unknown, 0, "TimeoutError"),
        ({"garbage": "huge"}, None, 1, ""),
        ({"garbage": "html"}, None, 1, ""),
        ({"garbage": "empty"}, None, 1, ""),
        ({"garbage": "broken_body"}, None, 1, ""),
    ],
    ids=lambda value: "-".join(map(str, value)) if isinstance(value, dict) else None,
)
async def test_each_answer_has_its_meaning(
    provider: Provider, dials: dict[str, Any], kind: type[Outcome] | None, kept: int, says: str
) -> None:
    """Red when a mail that was taken counts as refused or deferred (it would be sent twice), or a clear no as unknown."""
    provider.turn(**dials)
    outcome = await provider.send(letter(), timeout_s=1 if "hang" in dials else 5)
    await eventually(lambda: not provider.app.box.calls.in_flight[provider.name])
    assert len(provider.inbox) == kept
    if kind is None:
        # The mail was taken and the answer spoilt: what it says may be anything but that the mail was not taken.
        assert isinstance(outcome, Accepted | Unknown) or outcome == Deferred(
            getattr(outcome, "reply", ""), mailbox=True
        )
        return
    assert isinstance(outcome, kind)
    assert says in outcome.reply
    assert getattr(outcome, "mailbox", True), "whoever the recipient is"


@pytest.mark.parametrize(
    ("name", "dials", "says"),
    [
        ("sendgrid", {"unverified_senders": ["ann@acme.example"]}, "verified Sender Identity"),
        ("mailgun", {"unknown_domains": ["acme.example"]}, "Domain not found"),
    ],
)
async def test_a_sender_that_the_account_does_not_have_is_the_mailboxs_trouble(
    served: tuple[SandboxApp, str], name: Name, dials: dict[str, Any], says: str
) -> None:
    """Red when the whole list would be refused, lead by lead."""
    provider = fresh(served, name)
    provider.turn(**dials)
    outcome = await provider.send(letter())
    assert isinstance(outcome, Deferred)
    assert outcome.mailbox
    assert says in outcome.reply


async def test_past_its_deadline_nothing_is_called(provider: Provider) -> None:
    """Red when the deadline is looked at before the connection is made, and not before the first byte."""
    asked = iter([False])
    async with provider.mailbox() as mailbox:
        assert isinstance(await mailbox.send(letter(), may_call=lambda: next(asked)), NotCalled)
    assert provider.inbox == []
    assert provider.app.box.calls.in_flight[provider.name] == 0


async def test_a_provider_that_cannot_be_reached_has_taken_nothing(provider: Provider) -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    async with provider.mailbox(url=f"http://127.0.0.1:{port}") as mailbox:
        outcome = await mailbox.send(letter(), may_call=lambda: True)
    assert isinstance(outcome, Deferred)
    assert outcome.mailbox


async def test_a_connection_lost_after_the_mail_was_written_is_unknown(provider: Provider) -> None:
    """Red when every lost connection counts as proof that nothing was taken."""

    async def read_and_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(read_and_close, "127.0.0.1", 0)
    async with server, provider.mailbox(url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}") as mailbox:
        outcome = await mailbox.send(letter(), may_call=lambda: True)
    assert isinstance(outcome, Unknown)


async def test_what_was_taken_can_be_looked_up_and_what_was_not_proves_nothing(provider: Provider) -> None:
    """Red when "not found" is an answer other than None, or nobody's answer counts as one."""
    mail, other = letter(), letter()
    await provider.send(mail)
    async with provider.mailbox() as mailbox:
        assert isinstance(await mailbox.lookup(mail.message_id), Accepted)
        assert await mailbox.lookup(other.message_id) is None
        provider.turn(fail_rate=1, fail_status=500)
        assert await mailbox.lookup(mail.message_id) is None
        assert mailbox.capabilities.lookup
    async with provider.mailbox(url="http://127.0.0.1:1") as away:
        with pytest.raises(MailboxDown, match=r"^(SendGrid|Mailgun): "):
            await away.lookup(mail.message_id)
