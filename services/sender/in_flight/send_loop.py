"""One connection to one mailbox, for as long as there is something to send through it."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

from services.sender.clients.mailbox import Mailbox
from services.sender.domain.pace import Pace
from services.sender.use_cases.send_context import SendContext
from services.sender.use_cases.send_emails import send_emails

Plan = Callable[[UUID], Awaitable[bool]]
"""Plans a workspace's day. False: another is at it."""


class SendLoop:
    """Sends turn after turn over one connection, and hangs up when there is nothing left or others wait for a place."""

    def __init__(
        self, context: SendContext, mailbox: Mailbox, *, plan: Plan, stopping: asyncio.Event, leave: Callable[[], bool]
    ) -> None:
        self._context = context
        self._mailbox = mailbox
        self._plan = plan
        self._stopping = stopping
        self._leave = leave
        self._touched: set[UUID] = set()
        self._pace: Pace | None = None

    async def run(self) -> None:
        """Until nothing is claimed any more. A mail that has been begun is finished first, also when this is cancelled."""
        try:
            while not self._stopping.is_set() and await self._turn():
                if self._leave():
                    break
        finally:
            await self._mailbox.close()

    async def _turn(self) -> bool:
        turn = await send_emails(self._context, self._mailbox, stopping=self._stopping.is_set, pace=self._pace)
        self._pace = turn.pace
        self._touched |= turn.workspace_ids
        if turn.slots_back or turn.claimed < self._context.batch_size:
            touched, self._touched = self._touched, set()
            for workspace_id in touched:
                if not await self._plan(workspace_id):
                    self._touched.add(workspace_id)
        return turn.claimed > 0
