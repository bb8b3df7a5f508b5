"""One turn of a sending loop: claim a batch, and send it handful after handful. No call is made in a transaction."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from libs.common.logs import get_logger
from services.sender.clients.mailbox import Mailbox, MailboxDown
from services.sender.domain.pace import Pace
from services.sender.domain.sending import Accepted, Deferred, Outcome, Refused, Unknown
from services.sender.repositories.claims import Claim
from services.sender.repositories.workspaces import load_mailbox
from services.sender.use_cases.claim_emails import claim_emails, give_back_claims
from services.sender.use_cases.note_health import Streak, Trouble, note_answers, note_health, trouble_of
from services.sender.use_cases.record_for_sure import AWAY
from services.sender.use_cases.send_context import SendContext
from services.sender.use_cases.send_handful import Handful, Sent

log = get_logger()


@dataclass(frozen=True)
class Turn:
    """What one turn did: how many emails were claimed, whose they were, whether slots came back unused, and the pace for the
    next turn over this connection."""

    pace: Pace
    claimed: int = 0
    workspace_ids: frozenset[UUID] = frozenset()
    slots_back: bool = False


async def send_emails(
    context: SendContext, mailbox: Mailbox, *, stopping: Callable[[], bool], pace: Pace | None = None
) -> Turn:
    """Send one batch. Cancelled in the middle, it finishes the mail it has in hand and gives the others back."""
    pace = pace or Pace(context.ahead)
    async with context.open_uow() as uow:
        now, limit = await context.clock(uow.conn), pace.claims(context.batch_size)
        claims = await claim_emails(uow, mailbox_id=context.mailbox_id, now=now, timing=context.timing, limit=limit)
        if not claims:
            return Turn(pace)
        row = await load_mailbox(uow.conn, context.mailbox_id)
    streak = Streak(row.refusals, troubled=bool(row.refusals or row.failures))
    left, outcomes, trouble = deque(claims), list[Outcome | None](), cast("Trouble | None", None)
    try:
        await mailbox.open()
        while left and trouble is None and not stopping():
            some = [left.popleft() for _ in range(min(pace.ahead, len(left)))]
            sent = await _to_the_end(Handful(context, mailbox, some, stopping=stopping))
            outcomes += sent.outcomes
            pace = pace.after(sent.calls, seconds=sent.seconds, accepted=sent.accepted)
            streak = await note_answers(context.open_uow, context.mailbox_id, sent.outcomes, known=streak)
            trouble = trouble_of(outcomes[-1], in_a_row=streak.refusals)
    except MailboxDown as error:
        trouble = Trouble(error.message, error.pause)
    finally:
        if left:
            await _give_back(context, list(left))
    await _note_health(context, outcomes, trouble)
    slots_back = any(not isinstance(outcome, Accepted | Unknown) for outcome in outcomes)
    return Turn(pace, len(claims), frozenset(claim.workspace_id for claim in claims), slots_back)


async def _to_the_end(handful: Handful) -> Sent:
    task = asyncio.create_task(handful.send())
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        handful.stop()
        await task
        raise


async def _give_back(context: SendContext, left: list[Claim]) -> None:
    try:
        async with context.open_uow() as uow:
            await give_back_claims(uow, left, now=await context.clock(uow.conn))
    except AWAY as error:
        log.warning("claims.kept", emails=len(left), error=str(error), note="their leases run out")


async def _note_health(context: SendContext, outcomes: Sequence[Outcome | None], trouble: Trouble | None) -> None:
    if trouble is None and not any(isinstance(one, Accepted | Refused | Deferred) for one in outcomes):
        return
    async with context.open_uow() as uow:
        await note_health(uow, context.mailbox_id, outcomes, trouble, limits=context.limits, clock=context.clock)
