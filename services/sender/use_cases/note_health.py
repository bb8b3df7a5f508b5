"""What a turn says of the mailbox it went through: it works, it must rest, or only a person can help."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, cast
from uuid import UUID

from libs.common.logs import get_logger
from libs.common.uow import OpenUow, UnitOfWork
from services.sender.domain.mailboxes.guardrails import Limits, Tally
from services.sender.domain.mailboxes.mailbox import PauseReason
from services.sender.domain.sending import MAX_REFUSALS, Accepted, Deferred, Outcome, Refused, Unknown, backoff
from services.sender.repositories import mailboxes, workspaces
from services.sender.repositories.workspaces import Clock
from services.sender.use_cases.count_feedback import count_feedback
from services.sender.use_cases.pause_mailbox import pause_mailbox

log = get_logger()

_SHORT_WAIT: Final = timedelta(seconds=5)
_REFUSED_LOGINS: Final = 3
"""So often in a row a login may be refused: providers refuse a good one now and then."""
_WHAT_TO_DO: Final = {
    "login_refused": "The mail server does not let us in: check user and password or the key, or connect again, then resume.",
    "consent_revoked": "The consent to send was withdrawn: connect the mailbox again.",
    "blocked": "The mail server blocks this sender: find out why with its operator, mend it, then resume.",
}


@dataclass(frozen=True)
class Trouble:
    """What the server said; `pause` when only a person can help.

    `in_short` is told instead where everybody uses the mailbox, as the words may name somebody's recipient.
    """

    words: str
    pause: str | None = None
    in_short: str | None = None


@dataclass(frozen=True, slots=True)
class Streak:
    """What a mailbox is known to have behind it: mails in a row that were refused, over all its connections, and whether it has
    had any trouble since the last mail that was accepted."""

    refusals: int
    troubled: bool


def trouble_of(outcome: Outcome | None, *, in_a_row: int) -> Trouble | None:
    """Why the mailbox should rest after this mail, the last one of so many in a row that were refused.

    It cannot be used; or it loses its answers, and would make a list of unknowns; or everything is refused, and it would
    make a list of failures.
    """
    match outcome:
        case Deferred(reply, mailbox=True, pause=pause):
            return Trouble(reply, pause)
        case Unknown(reply):
            return Trouble(reply)
        case Refused(reply) | Deferred(reply) if in_a_row >= MAX_REFUSALS:
            short = f"{in_a_row} mails in a row were refused"
            return Trouble(f"{short}, the last one with {reply}", in_short=short)
        case _:
            return None


async def note_answers(
    open_uow: OpenUow, mailbox_id: UUID, outcomes: Sequence[Outcome | None], *, known: Streak
) -> Streak:
    """Count at once, as other connections may be refused at the same time. What is all well costs no transaction."""
    refused = refused_in_a_row(outcomes)
    accepted = any(isinstance(outcome, Accepted) for outcome in outcomes)
    mended = accepted and known.troubled
    if not refused and not mended:
        return known
    async with open_uow() as uow:
        if mended:
            await workspaces.clear_mailbox(uow.conn, mailbox_id)
        if not refused:
            return Streak(0, troubled=False)
        return Streak(await workspaces.count_refusals(uow.conn, mailbox_id, more=refused), troubled=True)


def refused_in_a_row(outcomes: Sequence[Outcome | None]) -> int:
    """How many mails were refused or deferred since the last one that was accepted."""
    in_a_row = 0
    for outcome in outcomes:
        match outcome:
            case Accepted():
                in_a_row = 0
            case Refused() | Deferred(mailbox=False):
                in_a_row += 1
            case _:
                pass
    return in_a_row


def tally_of(outcomes: Sequence[Outcome | None]) -> Tally:
    """What the guardrails count: mails that were taken, and addresses that nobody is at."""
    bounces = sum(isinstance(one, Refused) and one.no_such_address for one in outcomes)
    return Tally(mails=sum(isinstance(one, Accepted) for one in outcomes) + bounces, bounces=bounces)


async def note_health(
    uow: UnitOfWork,
    mailbox_id: UUID,
    outcomes: Sequence[Outcome | None],
    trouble: Trouble | None,
    *,
    limits: Limits,
    clock: Clock,
) -> None:
    """Count, rest or pause. A mailbox that rests is tried again by itself, after longer each time."""
    if (tally := tally_of(outcomes)).mails:
        await count_feedback(uow, mailbox_id, tally, limits=limits, now=await clock(uow.conn))
    if trouble is not None:
        await _rest(uow, mailbox_id, trouble, clock=clock)


async def _rest(uow: UnitOfWork, mailbox_id: UUID, trouble: Trouble, *, clock: Clock) -> None:
    failures = await workspaces.count_mailbox_failure(
        uow.conn, mailbox_id, trouble=trouble.words, told_all=trouble.in_short or trouble.words
    )
    wait = _SHORT_WAIT if failures == 1 else backoff(failures - 1)
    now = await clock(uow.conn)
    await workspaces.rest_mailbox(uow.conn, mailbox_id, until=now + wait)
    log.warning("mailbox.resting", trouble=trouble.words, failures=failures, seconds=wait.total_seconds())
    patient = trouble.pause == "login_refused" and failures < _REFUSED_LOGINS
    view = await mailboxes.load(uow.conn, mailbox_id) if trouble.pause and not patient else None
    if view is not None:
        reason = cast("PauseReason", trouble.pause)
        detail = f"{_WHAT_TO_DO[reason]} It said: {trouble.words}"
        await pause_mailbox(uow, view, reason=reason, detail=detail, now=now)
