"""What recipients' servers and recipients say of a mailbox's mail is counted, and pauses it before its name is ruined."""

from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.sender.domain.mailboxes.guardrails import Limits, Tally, judge
from services.sender.repositories import mailbox_days, mailboxes
from services.sender.use_cases.pause_mailbox import pause_mailbox


async def count_feedback(uow: UnitOfWork, mailbox_id: UUID, more: Tally, *, limits: Limits, now: datetime) -> None:
    """`more` is something. The caller sees to it that the same bounce or complaint is counted once."""
    await mailbox_days.count(uow.conn, mailbox_id, more, day=now.date())
    if not (more.bounces or more.complaints):
        return
    verdict = judge(await mailbox_days.tally(uow.conn, mailbox_id, now=now), limits)
    view = await mailboxes.load(uow.conn, mailbox_id)
    if verdict is not None and view is not None:
        await pause_mailbox(uow, view, reason=verdict.reason, detail=verdict.detail, now=now)
