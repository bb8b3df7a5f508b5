"""One turn of a sending loop: claim a batch, then begin, call and record each email. No call is made in a transaction."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.errors import Invalid, Transient
from libs.common.logs import get_logger
from libs.common.uow import OpenUow
from services.sender import metrics
from services.sender.clients.mailbox import Mailbox, MailboxDown
from services.sender.domain.message import Letter, Sender
from services.sender.domain.sending import (
    MAX_REFUSALS,
    Accepted,
    Deferred,
    NotCalled,
    Outcome,
    Record,
    Refused,
    SendTiming,
    Unknown,
    backoff,
)
from services.sender.domain.unsubscribing import UnsubscribeLinks
from services.sender.domain.writing import Addressee, Writer
from services.sender.repositories import workspaces
from services.sender.repositories.claims import Claim
from services.sender.repositories.workspaces import database_now
from services.sender.use_cases.begin_sending import Begun, begin_sending
from services.sender.use_cases.claim_emails import claim_emails, give_back_claims
from services.sender.use_cases.record_outcome import record_outcome

log = get_logger()

Clock = Callable[[AsyncConnection], Awaitable[datetime]]
_RECORD_RETRIES_S = (0.1, 0.5, 2, 5, 10, 20)
_AWAY = (SQLAlchemyError, OSError, Transient)
_SHORT_WAIT = timedelta(seconds=5)


@dataclass(frozen=True)
class SendContext:
    """What every turn needs. `clock` reads the database's time; `monotonic` the process's own, for the call deadline."""

    open_uow: OpenUow
    mailbox_id: UUID
    sender: Sender
    links: UnsubscribeLinks
    timing: SendTiming
    default_quota: int
    batch_size: int = 10
    clock: Clock = database_now
    monotonic: Callable[[], float] = time.monotonic


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
        refusals = (await workspaces.load_mailbox(uow.conn, context.mailbox_id)).refusals
    left, outcomes, trouble = list(claims), list[Outcome | None](), None
    try:
        await mailbox.open()
        while left and trouble is None and not stopping():
            outcomes.append(await _to_the_end(_send_one(context, mailbox, left.pop(0))))
            trouble = trouble_of(outcomes, refusals=refusals)
    except MailboxDown as error:
        trouble = error.message
    finally:
        if left:
            await _give_back(context, left)
    await _note_mailbox(context, outcomes, trouble)
    slots_back = any(not isinstance(outcome, Accepted | Unknown) for outcome in outcomes)
    return Turn(len(claims), frozenset(claim.workspace_id for claim in claims), slots_back)


def trouble_of(outcomes: Sequence[Outcome | None], *, refusals: int) -> str | None:
    """Why the mailbox should rest after these mails (`refusals` in a row came before them).

    It cannot be used; or it loses its answers, and would make a list of unknowns; or everything is refused, and it would
    make a list of failures.
    """
    in_a_row = refused_in_a_row(outcomes, before=refusals)
    match outcomes[-1]:
        case Deferred(reply, mailbox=True) | Unknown(reply):
            return reply
        case Refused(reply) | Deferred(reply) if in_a_row >= MAX_REFUSALS:
            return f"{in_a_row} mails in a row were refused, the last one with {reply}"
        case _:
            return None


def refused_in_a_row(outcomes: Sequence[Outcome | None], *, before: int = 0) -> int:
    """How many mails were refused or deferred since the last one that was accepted."""
    in_a_row = before
    for outcome in outcomes:
        match outcome:
            case Accepted():
                in_a_row = 0
            case Refused() | Deferred(mailbox=False):
                in_a_row += 1
            case _:
                pass
    return in_a_row


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
        prepared = prepare(claim, writer=Writer(context.sender, context.links), now=now)
        begun = await begin_sending(
            uow, claim, now=now, timing=context.timing, subject=prepared.subject, problem=prepared.problem
        )
    return prepared, begun


def prepare(claim: Claim, *, writer: Writer, now: datetime) -> _Prepared:
    """The mail of a claim, or why there can be none."""
    writer = writer.as_workspace(name=claim.sender_name, postal_address=claim.postal_address)
    to = Addressee(
        claim.workspace_id, claim.lead_id, claim.email_id, claim.recipient, claim.step, claim.values, claim.fields
    )
    try:
        rendered = writer.words(claim.source, to)
        letter = writer.letter(rendered, to, message_id=claim.message_id, now=now)
    except Invalid as error:
        return _Prepared(None, problem=f"{error.code}: {error.message}")
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


async def _note_mailbox(context: SendContext, outcomes: Sequence[Outcome | None], trouble: str | None) -> None:
    worked, refused = any(isinstance(outcome, Accepted) for outcome in outcomes), refused_in_a_row(outcomes)
    if trouble is None and not worked and not refused:
        return
    async with context.open_uow() as uow:
        if worked:
            await workspaces.clear_mailbox(uow.conn, context.mailbox_id)
        if refused:
            await workspaces.count_refusals(uow.conn, context.mailbox_id, more=refused)
        if trouble is not None:
            failures = await workspaces.count_mailbox_failure(uow.conn, context.mailbox_id, trouble=trouble)
            wait = _SHORT_WAIT if failures == 1 else backoff(failures - 1)
            until = await context.clock(uow.conn) + wait
            await workspaces.rest_mailbox(uow.conn, context.mailbox_id, until=until)
            log.warning("mailbox.resting", trouble=trouble, failures=failures, seconds=wait.total_seconds())


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
