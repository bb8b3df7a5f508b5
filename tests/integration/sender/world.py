"""A workspace with a list and a campaign on a real Postgres, a clock that tests move, and a post office that counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.gateway import WorkspaceCreated
from libs.common.contracts.ingest import Recipient, RecipientsPublished
from libs.common.ids import new_id
from libs.common.uow import UnitOfWork, UnitOfWorkFactory
from services.sender.clients.mailbox import Capabilities
from services.sender.domain.message import Letter, Sender
from services.sender.domain.sending import Accepted, NotCalled, Outcome, Record, SendTiming
from services.sender.domain.unsubscribing import UnsubscribeLinks
from services.sender.domain.windows import ALWAYS, Window
from services.sender.domain.writing import Writer
from services.sender.repositories.claims import Claim
from services.sender.repositories.words import load_words
from services.sender.repositories.workspaces import ensure_mailbox
from services.sender.tables import campaigns, emails, enrolments, slots
from services.sender.use_cases.begin_sending import Begun, begin_sending
from services.sender.use_cases.claim_emails import claim_emails
from services.sender.use_cases.create_campaign import NewCampaign, create_campaign
from services.sender.use_cases.enrol_list import take_in_page
from services.sender.use_cases.import_recipients import import_recipients
from services.sender.use_cases.open_workspace import open_workspace
from services.sender.use_cases.pause_campaign import pause_campaign
from services.sender.use_cases.plan_day import plan_day
from services.sender.use_cases.prepare_mail import Prepared, prepare_mail
from services.sender.use_cases.record_outcome import record_outcome
from services.sender.use_cases.resolve_unknown import resolve_unknown
from services.sender.use_cases.send_context import SendContext
from services.sender.use_cases.start_campaign import Started, open_start, start_campaign
from services.sender.use_cases.suppress_address import suppress_address

MORNING = datetime(2027, 3, 1, 8, tzinfo=UTC)
TIMING = SendTiming(call_deadline_s=10, provider_timeout_s=30, sending_lease_s=60, claim_lease_s=120)
SENDER = Sender("Ann Lee", "ann@corofy.example", "1 Test Street", "stop@corofy.example")
LINKS = UnsubscribeLinks("https://app.corofy.example", bytes(range(64)))
WRITER = Writer(SENDER, LINKS)


def recipient(row_no: int, **more: object) -> Recipient:
    """A plausible row of a finished list."""
    fields: dict[str, object] = {
        "row_no": row_no,
        "email": f"lead{row_no}@company{row_no}.example",
        "first_name": f"First{row_no}",
        "company": f"Company {row_no}",
        "line": f"I read about the new plant, number {row_no}.",
        "status": "enriched",
        "sandboxed": True,
    }
    return Recipient.model_validate({**fields, **more})


@dataclass
class Post:
    """A mail server that remembers whom it accepted what for. `answer` decides what the sender hears."""

    accepted: list[str] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    answer: Callable[[Letter], Outcome] = lambda _: Accepted("250 OK")
    on_send: Callable[[], None] = lambda: None
    down: Exception | None = None

    async def open(self) -> None:
        if self.down is not None:
            raise self.down

    async def send(self, letter: Letter, *, may_call: Callable[[], bool]) -> Outcome:
        self.on_send()
        if not may_call():
            return NotCalled()
        self.letters.append(letter)
        outcome = self.answer(letter)
        if isinstance(outcome, Accepted):
            self.accepted.append(letter.envelope_to)
        return outcome

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities()

    async def lookup(self, message_id: str) -> Accepted | None:
        del message_id
        return None

    async def close(self) -> None:
        self.letters = self.letters


@dataclass
class World:
    """One workspace. Each method is one transaction, committed."""

    open_uow: UnitOfWorkFactory
    workspace_id: UUID = field(default_factory=uuid4)
    now: datetime = MORNING
    quota: int = 400
    mailbox_id: UUID = field(default_factory=uuid4)
    campaign_id: UUID = field(default_factory=uuid4)

    async def clock(self, conn: AsyncConnection) -> datetime:
        del conn
        return self.now

    def later(self, **delta: float) -> None:
        self.now += timedelta(**delta)

    @property
    def context(self) -> SendContext:
        return SendContext(
            open_uow=self.open_uow,
            house_id=self.mailbox_id,
            mailbox_id=self.mailbox_id,
            sender=SENDER,
            links=LINKS,
            timing=TIMING,
            default_quota=self.quota,
            clock=self.clock,
            # It stands still, as `now` does: on a busy machine a handful would be late, and taken back.
            monotonic=lambda: 0.0,
        )

    async def open(self, *, time_zone: str = "UTC", sandboxed: bool = True) -> World:
        event = WorkspaceCreated(workspace_id=self.workspace_id, name="W", owner_user_id=uuid4(), time_zone=time_zone)
        async with self.open_uow() as uow:
            await open_workspace(event, uow=uow)
            key = f"test:{self.workspace_id}:{sandboxed}"
            self.mailbox_id = await ensure_mailbox(uow.conn, key=key, address=SENDER.address, sandboxed=sandboxed)
        return self

    async def list_of(self, *recipients: Recipient, list_id: UUID | None = None) -> UUID:
        list_id = list_id or new_id()
        event = RecipientsPublished(list_id=list_id, list_name="Leads", part_no=0, parts=1, recipients=list(recipients))
        async with self.open_uow() as uow:
            await import_recipients(event, uow=uow, workspace_id=self.workspace_id, now=self.now)
        return list_id

    async def draft(self, list_id: UUID, *, quota: int | None = None, window: Window = ALWAYS, weight: int = 1) -> UUID:
        async with self.open_uow() as uow:
            campaign = await create_campaign(
                NewCampaign(list_id, daily_quota=quota, window=window, weight=weight),
                uow=uow,
                workspace_id=self.workspace_id,
                mailbox_id=self.mailbox_id,
                default_quota=self.quota,
                now=self.now,
            )
        self.campaign_id = campaign.id
        return campaign.id

    async def start(self, campaign_id: UUID | None = None) -> Started:
        return await start_campaign(
            self.open_uow,
            workspace_id=self.workspace_id,
            campaign_id=campaign_id or self.campaign_id,
            writer=WRITER,
            clock=self.clock,
        )

    async def begin_campaign(self, uow: UnitOfWork, campaign_id: UUID) -> None:
        """The decision to start is made, and the first page of the list is taken in by a transaction that the caller holds
        open."""
        async with self.open_uow() as own:
            seen = await open_start(own, workspace_id=self.workspace_id, campaign_id=campaign_id, now=self.now)
        await take_in_page(uow, seen, rendered={}, writer=WRITER, now=self.now)

    async def running(self, *, leads: int, quota: int | None = None) -> World:
        """A started and planned campaign on a list of so many leads."""
        await self.draft(await self.list_of(*(recipient(n) for n in range(1, leads + 1))), quota=quota)
        await self.start()
        await self.plan()
        return self

    async def is_open(self) -> bool:
        """Whether the campaign may still be started or paused."""
        query = sa.select(campaigns.c.state).where(campaigns.c.id == self.campaign_id)
        async with self.open_uow() as uow:
            return (await uow.conn.execute(query)).scalar_one() != "finished"

    async def plan(self) -> int:
        async with self.open_uow() as uow:
            planned = await plan_day(
                uow,
                workspace_id=self.workspace_id,
                mailbox_id=self.mailbox_id,
                now=self.now,
                default_quota=self.quota,
                call_s=TIMING.call_s,
            )
        return planned.assigned

    async def pause(self) -> None:
        async with self.open_uow() as uow:
            await pause_campaign(uow, workspace_id=self.workspace_id, campaign_id=self.campaign_id, now=self.now)

    async def suppress(self, address: str) -> None:
        async with self.open_uow() as uow:
            await suppress_address(uow, workspace_id=self.workspace_id, address=address, reason="asked")

    async def claim(self, limit: int = 1) -> list[Claim]:
        async with self.open_uow() as uow:
            return await claim_emails(uow, mailbox_id=self.mailbox_id, now=self.now, timing=TIMING, limit=limit)

    async def claim_one(self) -> Claim:
        return (await self.claim())[0]

    async def prepared(self, uow: UnitOfWork, claim: Claim) -> Prepared:
        words = await load_words(uow.conn, claim.enrolment_id)
        assert words is not None
        return prepare_mail(claim, words, writer=WRITER, now=self.now)

    async def begin(self, claim: Claim) -> Begun:
        async with self.open_uow() as uow:
            prepared = await self.prepared(uow, claim)
            return await begin_sending(
                uow, claim, now=self.now, timing=TIMING, subject=prepared.subject, problem=prepared.problem
            )

    async def record(self, claim: Claim, outcome: Outcome) -> Record | None:
        async with self.open_uow() as uow:
            return await record_outcome(uow, claim, outcome, now=self.now)

    async def resolve(self) -> int:
        async with self.open_uow() as uow:
            return await resolve_unknown(uow, now=self.now)

    async def run(self, statement: sa.Executable) -> None:
        async with self.open_uow() as uow:
            await uow.conn.execute(statement)

    async def somebody_waits(self) -> bool:
        """Whether any transaction waits for a lock."""
        query = sa.text(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        async with self.open_uow() as uow:
            return (await uow.conn.execute(query)).scalar_one() > 0

    async def states(self) -> Counter[str]:
        query = sa.select(emails.c.state).where(emails.c.workspace_id == self.workspace_id)
        async with self.open_uow() as uow:
            return Counter((await uow.conn.execute(query)).scalars())

    async def state_of(self, claim: Claim) -> str:
        async with self.open_uow() as uow:
            query = sa.select(emails.c.state).where(emails.c.id == claim.email_id)
            return (await uow.conn.execute(query)).scalar_one()

    async def enrolment_states(self) -> Counter[tuple[str, str | None]]:
        query = sa.select(enrolments.c.state, enrolments.c.reason)
        query = query.where(enrolments.c.workspace_id == self.workspace_id)
        async with self.open_uow() as uow:
            return Counter((row.state, row.reason) for row in await uow.conn.execute(query))

    async def slot_states(self) -> Counter[str]:
        query = sa.select(slots.c.state).where(slots.c.workspace_id == self.workspace_id)
        async with self.open_uow() as uow:
            return Counter((await uow.conn.execute(query)).scalars())


def with_mailbox(world: World, mailbox_id: UUID) -> World:
    """The same workspace behind another mailbox."""
    return replace(world, mailbox_id=mailbox_id)
