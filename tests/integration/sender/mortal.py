"""Workers that die: at the n-th thing they do with the database or the mail server, and do nothing more from there on."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from libs.common.uow import UnitOfWork, UnitOfWorkFactory
from services.sender.clients.mailbox import Capabilities, Mailbox
from services.sender.domain.message import Letter
from services.sender.domain.sending import Accepted, Outcome


class Killed(BaseException):
    """No handler of ours catches it, as none runs in a process that was killed."""


@dataclass
class Life:
    """Ends at its `ends_at`-th step; 0 is never. What was reached is counted."""

    ends_at: int = 0
    steps: int = 0

    def step(self) -> None:
        self.steps += 1
        if 0 < self.ends_at <= self.steps:
            raise Killed


_LEADING_TO_THE_DRIVER = {"sync_connection", "connection", "driver_connection"}
_STATEMENTS = {"execute", "fetch"}


class _Watched:
    """A connection on which each statement is a step, also those that go to the driver itself."""

    def __init__(self, inner: Any, life: Life) -> None:
        self._inner = inner
        self._life = life

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name in _LEADING_TO_THE_DRIVER:
            return _Watched(found, self._life)
        if name in _STATEMENTS:
            return self._stepping(found)
        return found

    def _stepping(self, run: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def step(*args: Any, **options: Any) -> Any:
            self._life.step()
            return await run(*args, **options)

        return step


class MortalDatabase(UnitOfWorkFactory):
    """Each statement is a step, and so are the moments right before and right after each commit."""

    def __init__(self, inner: UnitOfWorkFactory, life: Life) -> None:
        super().__init__(inner.engine, inner.tables)
        self._life = life

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncGenerator[UnitOfWork]:
        async with super().__call__() as uow:
            uow.conn = _Watched(uow.conn, self._life)  # pyright: ignore[reportAttributeAccessIssue] - behaves as one
            yield uow
            self._life.step()
        self._life.step()


@dataclass
class MortalMailbox:
    """Right before and right after each call are steps."""

    inner: Mailbox
    life: Life

    @property
    def capabilities(self) -> Capabilities:
        return self.inner.capabilities

    async def open(self) -> None:
        self.life.step()
        await self.inner.open()

    async def send(self, letter: Letter, *, may_call: Callable[[], bool]) -> Outcome:
        self.life.step()
        outcome = await self.inner.send(letter, may_call=may_call)
        self.life.step()
        return outcome

    async def lookup(self, message_id: str) -> Accepted | None:
        return await self.inner.lookup(message_id)

    async def close(self) -> None:
        await self.inner.close()
