"""What runs when a mailbox has work: it is opened with its secrets, and its mail bears its own name."""

import asyncio
from collections.abc import Callable
from uuid import UUID

from libs.common.errors import Conflict
from libs.common.logs import get_logger
from services.sender.clients.mailbox import MailboxDown
from services.sender.domain.mailboxes.mailbox import MailboxView
from services.sender.in_flight.send_loop import Plan, SendLoop
from services.sender.repositories import mailboxes
from services.sender.use_cases.note_health import Trouble, note_health
from services.sender.use_cases.open_mailbox import Opened, Opener
from services.sender.use_cases.send_context import HouseContext, SendContext
from services.sender.use_cases.try_mailbox import sender_of

log = get_logger()


class Outlets:
    """Runs a loop for a mailbox of the settings or of a workspace. `house` is what they share."""

    def __init__(self, house: HouseContext, opener: Opener, *, plan: Plan, stopping: asyncio.Event) -> None:
        self._house = house
        self._opener = opener
        self._plan = plan
        self._stopping = stopping
        self._unusable: dict[UUID, str] = {}
        """What was said of mailboxes that the settings of this process do not let us open."""

    async def run(self, mailbox_id: UUID, leave: Callable[[], bool]) -> None:
        """Send through it until there is nothing left, it is changed, or `leave` says so."""
        async with self._house.open_uow() as uow:
            view = await mailboxes.load(uow.conn, mailbox_id)
        if view is None or (view.workspace_id is None and view.id != self._house.house_id):
            return
        try:
            opened = await self._opener.open(view)
        except MailboxDown as error:
            await self._note(mailbox_id, Trouble(error.message, error.pause))
            return
        except Conflict as error:
            await self._note_unusable(mailbox_id, error.message)
            return
        self._unusable.pop(mailbox_id, None)
        loop = SendLoop(
            self._context(view, opened), opened.mailbox, plan=self._plan, stopping=self._stopping, leave=leave
        )
        await loop.run()

    def _context(self, view: MailboxView, opened: Opened) -> SendContext:
        house = self._house
        if view.workspace_id is None:
            return house.through(view.id)
        sender = sender_of(
            view, postal_address=house.sender.postal_address, unsubscribe_address=view.reply_to or view.address
        )
        return house.through(view.id, sender=sender, own=True, signer=opened.signer)

    async def _note_unusable(self, mailbox_id: UUID, why: str) -> None:
        """Said once, until something else is to be said: looking at it again every few seconds would fill the log."""
        if self._unusable.get(mailbox_id) != why:
            self._unusable[mailbox_id] = why
            log.warning("mailbox.unusable", mailbox_id=str(mailbox_id), trouble=why)
            await self._note(mailbox_id, Trouble(why))

    async def _note(self, mailbox_id: UUID, trouble: Trouble) -> None:
        house = self._house
        async with house.open_uow() as uow:
            await note_health(uow, mailbox_id, (), trouble, limits=house.limits, clock=house.clock)
