"""Providers that can be asked say which of the unknown emails they took. What they do not find stays unknown: they may lag."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from libs.common.errors import Conflict, Transient
from libs.common.logs import get_logger
from libs.common.uow import OpenUow
from services.sender.clients.mailbox import Mailbox, MailboxDown
from services.sender.domain.resolving import LOOK_UP, next_look_up
from services.sender.repositories import resolutions
from services.sender.repositories.resolutions import Sought
from services.sender.repositories.workspaces import Clock, database_now
from services.sender.use_cases.resolve_email import settle

log = get_logger()

_BATCH = 50
_KEPT = timedelta(days=3)
"""So long providers can be expected to know what they took."""

Open = Callable[[UUID], Awaitable[Mailbox | None]]
"""Opens a mailbox by its id; None when it is gone. Raises MailboxDown."""


async def look_up_all_unknown(open_uow: OpenUow, open_mailbox: Open, *, clock: Clock = database_now) -> int:
    """Through each mailbox that has unknown emails. One that cannot be opened keeps no other from being asked."""
    async with open_uow() as uow:
        now = await clock(uow.conn)
        found = await resolutions.mailboxes_with_unknown(uow.conn, since=now - _KEPT, now=now)
    total = 0
    for mailbox_id in found:
        try:
            mailbox = await open_mailbox(mailbox_id)
        except (Conflict, MailboxDown) as error:
            log.warning("mailbox.not_asked", mailbox_id=str(mailbox_id), error=error.message)
            continue
        if mailbox is None:
            continue
        try:
            total += await look_up_unknown(open_uow, mailbox, mailbox_id=mailbox_id, clock=clock)
        finally:
            await mailbox.close()
    return total


async def look_up_unknown(open_uow: OpenUow, mailbox: Mailbox, *, mailbox_id: UUID, clock: Clock = database_now) -> int:
    """Ask about each unknown email of the mailbox whose turn it is, outside any transaction; answers how many were found.

    Only proof of acceptance counts. The decision is recorded for the attempt that was asked about: a person who was faster,
    or a worker that still knew, keeps the word.
    """
    if not mailbox.capabilities.lookup:
        return 0
    async with open_uow() as uow:
        now = await clock(uow.conn)
        sought = await resolutions.unknown_of(uow.conn, mailbox_id=mailbox_id, limit=_BATCH, since=now - _KEPT, now=now)
    found = 0
    for email in sought:
        try:
            accepted = await mailbox.lookup(email.message_id)
        except Transient as error:
            log.warning("email.lookup_failed", email_id=str(email.email_id), error=error.message)
            break
        if accepted is not None:
            found += await _record(open_uow, email, clock=clock)
            continue
        async with open_uow() as uow:
            later = await clock(uow.conn) + next_look_up(email.asked + 1)
            await resolutions.note_look_up(uow.conn, email, next_at=later)
    return found


async def _record(open_uow: OpenUow, sought: Sought, *, clock: Clock) -> bool:
    async with open_uow() as uow:
        found = await resolutions.lock_email(uow.conn, sought.email_id, workspace_id=sought.workspace_id)
        if found is None or found.state != "unknown" or found.token != sought.token:
            return False
        await settle(uow, found, outcome="sent", decided_by=LOOK_UP, now=await clock(uow.conn))
    log.info("email.found", email_id=str(sought.email_id))
    return True
