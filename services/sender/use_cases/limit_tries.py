"""People try a mailbox and send themselves tests, at a pace that no provider minds."""

import math
from datetime import datetime
from uuid import UUID

from libs.common.errors import RateLimited
from libs.common.uow import UnitOfWork
from services.sender.domain.mailboxes.mailbox import MailboxView
from services.sender.domain.mailboxes.trying import ALLOWED, WHAT, Tried
from services.sender.repositories import mailbox_paces


async def limit_tries(uow: UnitOfWork, mailbox: MailboxView, *, workspace_id: UUID, what: Tried, now: datetime) -> None:
    """Count one. Key: workspace, mailbox and `what`; replicas count together. Raises RateLimited `mailbox_tried_too_often`."""
    wait = await mailbox_paces.take(
        uow.conn, mailbox.id, workspace_id=workspace_id, what=what, allowance=ALLOWED[what], now=now
    )
    if wait is not None:
        seconds = max(1, math.ceil(wait.total_seconds()))
        msg = f"{mailbox.address} is {WHAT[what]} too often: wait {seconds} s, as its provider might close it"
        raise RateLimited(msg, code="mailbox_tried_too_often", extra={"retry_after_s": seconds})
