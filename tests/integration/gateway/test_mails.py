"""Mails of Corofy's own: queued once for each event and address, and sent once, or not known to be."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from libs.common.clock import utc_now
from libs.common.contracts.billing import BalanceLow, LedgerDiffers, PaymentFailed, SubscriptionChanged, TopUpTurned
from libs.common.contracts.sender import MailboxPaused
from libs.common.db import make_engine
from libs.common.ids import new_id
from libs.common.settings import normalise_database_url
from libs.common.smtp_address import parse_smtp_url
from libs.common.uow import Message, UnitOfWorkFactory
from services.gateway.clients.mail_server import MailServer
from services.gateway.domain.mails import LEASE, STALE_AFTER, Answer, Mail
from services.gateway.repositories import members, users
from services.gateway.tables import COMMON, mails
from services.gateway.use_cases.mail_notices import News, Readers, mail_notices
from services.gateway.use_cases.note_restore import note_restore
from services.gateway.use_cases.send_mails import Server, send_mails
from tests.integration.sender.servers import Inbox, listening
from tests.support.envelopes import envelope_of

READERS = Readers(("boss@corofy.example",), "https://app.example/billing", "https://app.example/mailboxes")
LOW = BalanceLow(threshold=100, available=40, crossing=1)


@dataclass(frozen=True)
class Office:
    """The gateway's tables, without its edges."""

    open_uow: UnitOfWorkFactory

    async def owner(self, address: str) -> UUID:
        """Somebody with a workspace called Acme."""
        user_id, workspace_id = new_id(), new_id()
        async with self.open_uow() as uow:
            await users.add_own(uow.conn, user_id=user_id, email=address, password_hash="none", words={})
            await members.add_workspace(
                uow.conn, workspace_id=workspace_id, name="Acme", time_zone="UTC", owner_id=user_id
            )
        return workspace_id


@pytest.fixture(scope="module")
async def office(module_database: str) -> AsyncGenerator[Office]:
    engine = make_engine(normalise_database_url(module_database), pool_size=4, service="gateway")
    yield Office(UnitOfWorkFactory(engine, COMMON))
    await engine.dispose()


async def tell(office: Office, event: News, workspace_id: UUID) -> None:
    """Delivered twice, the second time past an inbox that was emptied."""
    envelope = envelope_of(event, workspace_id)
    message = Message("gateway.mail_notices", envelope)
    for emptied in (False, False, True):
        async with office.open_uow() as uow:
            if emptied:
                await uow.conn.execute(COMMON.inbox.delete())
            if await uow.record_inbox(message):
                await mail_notices(event, uow=uow, message=message, readers=READERS)


async def rows(office: Office, address: str) -> list[Any]:
    async with office.open_uow() as uow:
        found = await uow.conn.execute(select(mails).where(mails.c.address == address).order_by(mails.c.created_at))
        return list(found)


async def low(office: Office, address: str) -> None:
    """A mail waits for this address, and nothing else does."""
    workspace_id = await office.owner(address)
    async with office.open_uow() as uow:
        await uow.conn.execute(mails.delete())
    await tell(office, LOW, workspace_id)


NEWS: dict[str, Callable[[], News]] = {
    "balance_low": lambda: LOW,
    "payment_failed": lambda: PaymentFailed(
        payment_for="subscription",
        amount_minor=4900,
        currency="eur",
        reason="declined",
        pay_url="https://pay.example/1",
    ),
    "top_up_failed": lambda: TopUpTurned(
        top_up_id=new_id(), state="failed", credits=1000, spent_this_month_minor=0, currency="eur", reason="declined"
    ),
    "top_up_maximum": lambda: TopUpTurned(
        top_up_id=new_id(), state="maximum_reached", credits=1000, spent_this_month_minor=1900, currency="eur"
    ),
    "subscription_canceled": lambda: SubscriptionChanged(plan=None, status="canceled"),
    "mailbox_paused": lambda: MailboxPaused(
        mailbox_id=new_id(), address="ann@corofy.example", reason="bounces", detail="5 of 100 mails came back."
    ),
}


@pytest.mark.parametrize("kind", list(NEWS))
async def test_an_owner_is_written_to_once_for_each_event(office: Office, kind: str) -> None:
    """Queue `gateway.mail_notices`. Red when event and address are no key, or an event is not told."""
    address = f"{kind}@mails.example"
    workspace_id = await office.owner(address)
    await tell(office, NEWS[kind](), workspace_id)
    (mail,) = await rows(office, address)
    assert (mail.kind, mail.state) == (kind, "queued")
    assert "Acme" in mail.subject


async def test_operators_are_told_of_books_that_differ_and_owners_are_not(office: Office) -> None:
    workspace_id = await office.owner("innocent@mails.example")
    await tell(office, LedgerDiffers(checks=["chain_intact"]), workspace_id)
    assert await rows(office, "innocent@mails.example") == []
    (mail,) = await rows(office, "boss@corofy.example")
    assert "chain_intact" in mail.body_text


async def test_what_needs_nobody_is_not_mailed(office: Office) -> None:
    workspace_id = await office.owner("happy@mails.example")
    paid = TopUpTurned(top_up_id=new_id(), state="paid", credits=1, spent_this_month_minor=1, currency="eur")
    for event in (paid, SubscriptionChanged(plan="growth", status="active")):
        await tell(office, event, workspace_id)
    assert await rows(office, "happy@mails.example") == []


async def run(office: Office, server: Server | None, *, later: timedelta = timedelta()) -> int:
    return await send_mails(server=server, open_uow=office.open_uow, now=utc_now() + later)


async def test_a_mail_arrives_once_with_its_fixed_message_id(office: Office) -> None:
    """Red when a sent mail is sent again, or a holiday answer would come back to it."""
    await low(office, "once@mails.example")
    inbox = Inbox()
    async with listening(inbox) as port:
        server = MailServer(parse_smtp_url(f"smtp://127.0.0.1:{port}"), "Corofy <no-reply@corofy.example>")
        assert [await run(office, server) for _ in range(2)] == [1, 0]
    assert inbox.recipients == ["once@mails.example"]
    (arrived,) = inbox.parsed()
    (mail,) = await rows(office, "once@mails.example")
    assert (mail.state, mail.attempts) == ("sent", 1)
    assert arrived["Message-ID"] == f"<{mail.id.hex}@corofy.example>"
    assert arrived["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    ("mood", "state"),
    [
        ("no such user", "refused"),
        ("greylisted", "queued"),
        ("sender refused", "queued"),
        ("drop at RCPT", "queued"),
        ("full", "queued"),
        ("spam", "refused"),
        ("kept and dropped", "unknown"),
        ("lost and dropped", "unknown"),
    ],
)
async def test_what_a_server_makes_known_decides(office: Office, mood: str, state: str) -> None:
    """Red when silence after the message counts as a no, or before it as a yes."""
    address = f"{mood.replace(' ', '-').lower()}@mails.example"
    await low(office, address)
    async with listening(Inbox(moods=[mood])) as port:
        await run(office, MailServer(parse_smtp_url(f"smtp://127.0.0.1:{port}"), "no-reply@corofy.example"))
    (mail,) = await rows(office, address)
    assert mail.state == state


async def test_a_server_that_is_away_defers(office: Office) -> None:
    await low(office, "away@mails.example")
    server = MailServer(parse_smtp_url("smtp://127.0.0.1:9"), "no-reply@corofy.example")
    assert [await run(office, server) for _ in range(2)] == [1, 0]
    (mail,) = await rows(office, "away@mails.example")
    assert (mail.state, mail.attempts) == ("queued", 1)


class Dying:
    """Takes mails and dies before anybody can write it down."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    async def send(self, mail: Mail, *, now: datetime) -> Answer:
        del now
        self.taken.append(mail.address)
        raise RuntimeError("the process ends here")


async def test_a_crash_after_the_call_sends_nothing_twice(office: Office) -> None:
    """Red when a mail whose record is lost is taken up again: it may have arrived."""
    await low(office, "crash@mails.example")
    server = Dying()
    with pytest.raises(RuntimeError):
        await run(office, server)
    assert await run(office, server) == 0
    assert await run(office, server, later=LEASE * 2) == 0
    assert server.taken == ["crash@mails.example"]
    (mail,) = await rows(office, "crash@mails.example")
    assert mail.state == "unknown"


async def test_without_a_server_a_mail_is_kept_and_then_given_up(office: Office) -> None:
    """Red when an old alert is sent as soon as there is a server."""
    await low(office, "kept@mails.example")
    assert await run(office, None) == 0
    assert (await rows(office, "kept@mails.example"))[0].state == "queued"
    await run(office, None, later=STALE_AFTER * 2)
    assert (await rows(office, "kept@mails.example"))[0].state == "given_up"


async def test_a_mail_that_waited_before_a_restore_is_not_sent_after_it(office: Office) -> None:
    """Red when it stays queued: it may have been sent since the moment that the data are of."""
    await low(office, "restored@mails.example")
    assert "1 mails" in await note_restore(office.open_uow, utc_now())
    assert "0 mails" in await note_restore(office.open_uow, utc_now())
    (mail,) = await rows(office, "restored@mails.example")
    assert (mail.state, mail.body_text) == ("unknown", "")
