"""One turn of a sending loop: claim a batch, then begin, call and record each email. No call is made in a transaction."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from libs.common.errors import Invalid, Transient
from libs.common.logs import get_logger
from libs.common.uow import OpenUow
from services.sender import metrics
from services.sender.clients.mailbox import Mailbox, MailboxDown
from services.sender.domain.mailboxes.dkim import Signer, signed
from services.sender.domain.mailboxes.guardrails import Limits
from services.sender.domain.message import Letter, Sender
from services.sender.domain.sending import (
    Accepted,
    Deferred,
    NotCalled,
    Outcome,
    Record,
    Refused,
    SendTiming,
    Unknown,
)
from services.sender.domain.unsubscribing import UnsubscribeLinks
from services.sender.domain.writing import Addressee, Writer
from services.sender.repositories.claims import Claim
from services.sender.repositories.workspaces import Clock, database_now, load_mailbox
from services.sender.use_cases.begin_sending import Begun, begin_sending
from services.sender.use_cases.claim_emails import claim_emails, give_back_claims
from services.sender.use_cases.note_health import Trouble, note_health, trouble_of
from services.sender.use_cases.record_outcome import record_outcome

log = get_logger()

_RECORD_RETRIES_S = (0.1, 0.5, 2, 5, 10, 20)
_AWAY = (SQLAlchemyError, OSError, Transient)


@dataclass(frozen=True, kw_only=True)
class HouseContext:
    """What all mailboxes share. `house_id` is the one of the settings, where they name one; `sender` is who writes through it.

    `clock` reads the database's time; `monotonic` is the process's own, for the call deadline.
    """

    open_uow: OpenUow
    house_id: UUID | None
    sender: Sender
    links: UnsubscribeLinks
    timing: SendTiming
    default_quota: int
    batch_size: int = 10
    limits: Limits = field(default_factory=Limits)
    clock: Clock = database_now
    monotonic: Callable[[], float] = time.monotonic

    def through(
        self, mailbox_id: UUID, *, sender: Sender | None = None, own: bool = False, signer: Signer | None = None
    ) -> "SendContext":
        """What a turn through one of them needs."""
        shared = {one.name: getattr(self, one.name) for one in fields(HouseContext)}
        shared["sender"] = sender or self.sender
        return SendContext(**shared, mailbox_id=mailbox_id, own=own, signer=signer)


@dataclass(frozen=True, kw_only=True)
class SendContext(HouseContext):
    """What every turn through a mailbox needs. `own`: it is a workspace's, and mail bears its name. `signer` signs its mail."""

    mailbox_id: UUID
    own: bool = False
    signer: Signer | None = None


@dataclass(frozen=True)
class _Prepared:
    letter: Letter | None
    subject: str = ""
    problem: str | None = None


@dataclass(frozen=True)
class Turn:
    """What one turn did: how many emails were claimed, whose they were, and whether slots came back unused."""

    claimed: int = 0
    workspace_ids: frozenset[UUID] = frozenset()
    slots_back: bool = False


async def send_emails(context: SendContext, mailbox: Mailbox, *, stopping: Callable[[], bool]) -> Turn:
    """Send one batch. Cancelled in the middle, it finishes the mail it has in hand and gives the others back."""
    async with context.open_uow() as uow:
        now = await context.clock(uow.conn)
        claims = await claim_emails(
            uow, mailbox_id=context.mailbox_id, now=now, timing=context.timing, limit=context.batch_size
        )
        if not claims:
            return Turn()
        refusals = (await load_mailbox(uow.conn, context.mailbox_id)).refusals
    left, outcomes, trouble = list(claims), list[Outcome | None](), cast("Trouble | None", None)
    try:
        await mailbox.open()
        while left and trouble is None and not stopping():
            outcomes.append(await _to_the_end(_send_one(context, mailbox, left.pop(0))))
            trouble = trouble_of(outcomes, refusals=refusals)
    except MailboxDown as error:
        trouble = Trouble(error.message, error.pause)
    finally:
        if left:
            await _give_back(context, left)
    await _note_health(context, outcomes, trouble)
    slots_back = any(not isinstance(outcome, Accepted | Unknown) for outcome in outcomes)
    return Turn(len(claims), frozenset(claim.workspace_id for claim in claims), slots_back)


async def _to_the_end(sending: Coroutine[None, None, Outcome | None]) -> Outcome | None:
    task = asyncio.create_task(sending)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


async def _send_one(context: SendContext, mailbox: Mailbox, claim: Claim) -> Outcome | None:
    deadline = context.monotonic() + context.timing.call_deadline_s
    try:
        prepared, begun = await _begin(context, claim)
    except _AWAY:
        # Whether the transaction was committed is open; that no call was made is certain.
        await _record(context, claim, NotCalled("the database was lost before the call"))
        raise
    if begun.state != "go" or prepared.letter is None:
        _note_declined(claim, begun)
        return None
    outcome = await mailbox.send(prepared.letter, may_call=lambda: context.monotonic() < deadline)
    record = await _record(context, claim, outcome)
    _note_recorded(claim, outcome, record)
    return outcome


async def _begin(context: SendContext, claim: Claim) -> tuple[_Prepared, Begun]:
    async with context.open_uow() as uow:
        now = await context.clock(uow.conn)
        prepared = prepare(
            claim, writer=Writer(context.sender, context.links), now=now, own=context.own, signer=context.signer
        )
        begun = await begin_sending(
            uow, claim, now=now, timing=context.timing, subject=prepared.subject, problem=prepared.problem
        )
    return prepared, begun


def prepare(
    claim: Claim, *, writer: Writer, now: datetime, own: bool = False, signer: Signer | None = None
) -> _Prepared:
    """The mail of a claim, or why there can be none. Through a mailbox of its `own` a workspace writes under that one's name."""
    name = "" if own else claim.sender_name
    writer = writer.as_workspace(name=name, postal_address=claim.postal_address)
    to = Addressee(
        claim.workspace_id, claim.lead_id, claim.email_id, claim.recipient, claim.step, claim.values, claim.fields
    )
    try:
        rendered = writer.words(claim.source, to)
        letter = writer.letter(rendered, to, message_id=claim.message_id, now=now)
    except Invalid as error:
        return _Prepared(None, problem=f"{error.code}: {error.message}")
    letter = replace(letter, campaign_id=claim.campaign_id)
    if signer is not None:
        letter = replace(letter, content=signed(letter.content, signer, now=now))
    return _Prepared(letter, subject=rendered.subject)


async def _record(context: SendContext, claim: Claim, outcome: Outcome) -> Record | None:
    """Write the outcome down; the database may be away for a moment. Not written at all, the email becomes unknown."""
    for delay in (*_RECORD_RETRIES_S, None):
        try:
            async with context.open_uow() as uow:
                return await record_outcome(uow, claim, outcome, now=await context.clock(uow.conn))
        except _AWAY as error:
            log.warning("email.record_failed", email_id=str(claim.email_id), error=str(error), retry_in_s=delay)
            if delay is None:
                raise
            await asyncio.sleep(delay)
    raise AssertionError("the last attempt returns or raises")


async def _give_back(context: SendContext, left: list[Claim]) -> None:
    try:
        async with context.open_uow() as uow:
            await give_back_claims(uow, left)
    except _AWAY as error:
        log.warning("claims.kept", emails=len(left), error=str(error), note="their leases run out")


async def _note_health(context: SendContext, outcomes: Sequence[Outcome | None], trouble: Trouble | None) -> None:
    if trouble is None and not any(isinstance(one, Accepted | Refused | Deferred) for one in outcomes):
        return
    async with context.open_uow() as uow:
        await note_health(uow, context.mailbox_id, outcomes, trouble, limits=context.limits, clock=context.clock)


def _note_declined(claim: Claim, begun: Begun) -> None:
    metrics.SENDS_DECLINED.labels(begun.reason.partition(":")[0]).inc()
    log.info("email.declined", email_id=str(claim.email_id), state=begun.state, reason=begun.reason)


def _note_recorded(claim: Claim, outcome: Outcome, record: Record | None) -> None:
    if record is None:
        metrics.RECORDS_REFUSED.inc()
        log.warning("email.record_refused", email_id=str(claim.email_id), outcome=type(outcome).__name__)
        return
    metrics.OUTCOMES[record.state].inc()
    log.info("email.recorded", email_id=str(claim.email_id), state=record.state, reason=record.reason)
