"""A person lets a mailbox go on."""

from uuid import UUID

from libs.common.uow import UnitOfWork
from services.sender.domain.mailboxes.mailbox import MailboxView
from services.sender.repositories import mailbox_days, mailboxes, planning
from services.sender.use_cases.change_mailbox import own_mailbox
from services.sender.use_cases.start_campaign import SENDER_WORK


async def resume_mailbox(uow: UnitOfWork, mailbox_id: UUID, *, workspace_id: UUID) -> MailboxView:
    """At once, whatever had paused it: bounces and complaints are counted from here on. Raises NotFound `mailbox_not_found`."""
    await own_mailbox(uow, mailbox_id, workspace_id=workspace_id, lock=True)
    await mailboxes.resume(uow.conn, mailbox_id)
    await mailbox_days.forget(uow.conn, mailbox_id)
    await planning.ask(uow.conn, workspace_id)
    uow.notify(SENDER_WORK)
    return await own_mailbox(uow, mailbox_id, workspace_id=workspace_id)
