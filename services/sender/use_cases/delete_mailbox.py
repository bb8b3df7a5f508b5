"""A person takes a mailbox away: its secrets are gone at once, what it has sent stays."""

from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.sender.domain.mailboxes.mailbox import check_not_handed_over, check_not_waited_for
from services.sender.repositories import campaign_mailboxes, hand_overs, mailboxes
from services.sender.use_cases.change_mailbox import own_mailbox


async def delete_mailbox(uow: UnitOfWork, mailbox_id: UUID, *, workspace_id: UUID, now: datetime) -> None:
    """Raises NotFound (mailbox_not_found), Conflict (mailbox_in_use) while a campaign that is not finished sends through it,
    or what was handed over through it may still leave: without its key nobody could be taken back."""
    found = await own_mailbox(uow, mailbox_id, workspace_id=workspace_id, lock=True)
    check_not_waited_for(await campaign_mailboxes.campaigns_through(uow.conn, found.id))
    check_not_handed_over(await hand_overs.still_sending(uow.conn, found.id))
    await mailboxes.delete(uow.conn, found.id, now=now)
