"""Runs sending loops where there is work: a few for a mailbox, a bounded number in all, and everybody gets a turn.

A loop holds one connection. While more mailboxes wait than there are places, a loop gives its place up after a while, and the
mailbox that has waited longest is next.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from libs.common.errors import AppError
from libs.common.listener import Listener
from libs.common.logs import get_logger
from libs.common.uow import OpenUow
from services.sender import metrics
from services.sender.repositories import outgoing
from services.sender.repositories.outgoing import Work
from services.sender.use_cases.start_campaign import SENDER_WORK

log = get_logger()

POLL_S = 2.0
STINT_S = 15.0
"""How long a loop goes on while others wait."""
_BREATH_S = 0.2
"""Between two looks, however often it is woken."""
_AFTER_FAILURE_S = 5.0

Run = Callable[[UUID, Callable[[], bool]], Awaitable[None]]
"""Sends through a mailbox until there is nothing left, or until the second argument says to leave."""


@dataclass(frozen=True)
class Places:
    """How many connections: to one mailbox, and to all together. `batch` mails are worth one."""

    per_mailbox: int
    total: int
    batch: int


class Supervisor:
    """One per process. `run` is its task; the loops are its own."""

    def __init__(
        self,
        open_uow: OpenUow,
        run_loop: Run,
        *,
        places: Places,
        call_s: float,
        clock: Callable[..., Awaitable[datetime]],
        listener: Listener,
        stopping: asyncio.Event,
    ) -> None:
        self._open_uow = open_uow
        self._run_loop = run_loop
        self._places = places
        self._call_s = call_s
        self._clock = clock
        self._listener = listener
        self._stopping = stopping
        self._loops: dict[asyncio.Task[None], UUID] = {}
        self._served: dict[UUID, float] = {}
        self._shunned: dict[UUID, float] = {}
        self._waiting = 0
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled; loops finish the mail in hand."""
        try:
            async with self._listener.wait_for(SENDER_WORK) as woken:
                self._wake = woken
                while not self._stopping.is_set():
                    woken.clear()
                    await self._look_bravely()
                    await asyncio.sleep(_BREATH_S)
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(woken.wait(), timeout=POLL_S)
        finally:
            for task in self._loops:
                task.cancel()
            await asyncio.gather(*self._loops, return_exceptions=True)

    async def look(self) -> None:
        """Start the loops that are wanted, as far as there are places."""
        async with self._open_uow() as uow:
            now = await self._clock(uow.conn)
            found = await outgoing.with_work(uow.conn, now=now, call_s=self._call_s, most=self._most)
        running = Counter(self._loops.values())
        self._forget(found, running)
        queue = sorted(found, key=lambda work: (running[work.mailbox_id], self._served.get(work.mailbox_id, 0.0)))
        wanting = 0
        for round_ in range(1, self._places.per_mailbox + 1):
            for work in queue:
                wanted = -(-work.mails // self._places.batch)
                if running[work.mailbox_id] >= round_ or wanted < round_ or self._is_shunned(work.mailbox_id):
                    continue
                if len(self._loops) < self._places.total:
                    self._start(work.mailbox_id)
                    running[work.mailbox_id] += 1
                elif round_ == 1:
                    wanting += 1
        self._waiting = wanting
        metrics.SENDING_LOOPS.set(len(self._loops))
        metrics.MAILBOXES_WAITING.set(wanting)

    @property
    def _most(self) -> int:
        """More mails than this do not make more loops."""
        return self._places.per_mailbox * self._places.batch

    async def _look_bravely(self) -> None:
        try:
            await self.look()
        except (SQLAlchemyError, OSError, AppError) as error:
            log.warning("looking.stumbled", channel=SENDER_WORK, error=str(error))

    def _start(self, mailbox_id: UUID) -> None:
        began = time.monotonic()
        self._served[mailbox_id] = began
        leave = lambda: self._waiting > 0 and time.monotonic() - began > STINT_S  # noqa: E731 - one loop's own
        task = asyncio.create_task(self._guarded(mailbox_id, leave), name=f"send {mailbox_id}")
        self._loops[task] = mailbox_id
        task.add_done_callback(self._ended)

    async def _guarded(self, mailbox_id: UUID, leave: Callable[[], bool]) -> None:
        """One mailbox's failure is no other's."""
        try:
            await self._run_loop(mailbox_id, leave)
        except Exception as error:
            self._shunned[mailbox_id] = time.monotonic() + _AFTER_FAILURE_S
            log.exception("send_loop.fell_over", mailbox_id=str(mailbox_id), error=str(error))

    def _ended(self, task: asyncio.Task[None]) -> None:
        mailbox_id = self._loops.pop(task)
        self._served[mailbox_id] = time.monotonic()
        if self._waiting:
            self._wake.set()

    def _is_shunned(self, mailbox_id: UUID) -> bool:
        return self._shunned.get(mailbox_id, 0.0) > time.monotonic()

    def _forget(self, found: list[Work], running: Counter[UUID]) -> None:
        """Mailboxes without work are not remembered: their next turn comes first."""
        kept = {work.mailbox_id for work in found} | set(running)
        self._served = {name: at for name, at in self._served.items() if name in kept}
        self._shunned = {name: at for name, at in self._shunned.items() if self._is_shunned(name)}
