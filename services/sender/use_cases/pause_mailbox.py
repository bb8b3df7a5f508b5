"""Nothing leaves through a mailbox any more: a person says so, its server does, or the guardrails do."""

from datetime import datetime
from uuid import UUID

from libs.common.contracts.sender import MailboxPaused
from libs.common.logs import get_logger
from libs.common.uow import UnitOfWork
from services.sender import metrics
from services.sender.domain.mailboxes.mailbox import MailboxView, PauseReason
from services.sender.repositories import mailboxes, planning
from services.sender.use_cases.change_mailbox import own_mailbox

log = get_logger()


async def pause_by_person(uow: UnitOfWork, mailbox_id: UUID, *, workspace_id: UUID, now: datetime) -> MailboxView:
    """The second time changes nothing. Raises NotFound `mailbox_not_found`."""
    await own_mailbox(uow, mailbox_id, workspace_id=workspace_id, lock=True)
    await mailboxes.pause(uow.conn, mailbox_id, reason="by_person", detail="paused by a person", now=now)
    await planning.ask(uow.conn, workspace_id)
    return await own_mailbox(uow, mailbox_id, workspace_id=workspace_id)


async def pause_mailbox(
    uow: UnitOfWork, mailbox: MailboxView, *, reason: PauseReason, detail: str, now: datetime
) -> bool:
    """By itself, with notice to the workspace. Key: the mailbox's state; the first reason stays, and is told once.

    The settings' mailbox is everybody's: one workspace's trouble does not pause it. False: it was not paused here.
    """
    if mailbox.workspace_id is None or not await mailboxes.pause(
        uow.conn, mailbox.id, reason=reason, detail=detail, now=now
    ):
        return False
    await planning.ask(uow.conn, mailbox.workspace_id)
    metrics.MAILBOXES_PAUSED.labels(reason).inc()
    log.warning("mailbox.paused", mailbox_id=str(mailbox.id), reason=reason, detail=detail)
    event = MailboxPaused(mailbox_id=mailbox.id, address=mailbox.address, reason=reason, detail=detail)
    uow.publish(event, tenant_id=mailbox.workspace_id)
    return True
