"""The slot of one row whose parts work at the same time: given back while all that still go on wait for another row."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Generator
from typing import TypeVar
from uuid import UUID

from services.enrich.in_flight.slots import FairSlots

T = TypeVar("T")


def _nothing() -> None:
    """Nobody wants to know."""


class RowSlot:
    """`on_leave` and `on_return` tell when the row has no slot and when it has one again."""

    def __init__(
        self,
        slots: FairSlots,
        tenant: UUID,
        *,
        on_leave: Callable[[], None] = _nothing,
        on_return: Callable[[], None] = _nothing,
    ) -> None:
        self._slots, self._tenant = slots, tenant
        self._on_leave, self._on_return = on_leave, on_return
        self._working = 0
        self._waiting = 0
        self._returning = asyncio.Lock()
        self.is_held = False

    async def acquire(self) -> None:
        """The first time, behind the others of the tenant."""
        await self._slots.acquire(self._tenant)
        self.is_held = True

    def end(self) -> None:
        """The row is done with."""
        self.release()
        self._slots.finished()

    def release(self) -> None:
        """Give it back, if it is held."""
        if self.is_held:
            self.is_held = False
            self._slots.release(self._tenant)

    def begin(self, parts: int) -> None:
        """So many parts are about to work. Each works within `part`."""
        self._working += parts

    @contextlib.contextmanager
    def part(self) -> Generator[None]:
        """One of the parts that have begun. When it ends, the row may be left with parts that only wait."""
        try:
            yield
        finally:
            self._working -= 1
            self._leave()

    async def wait(self, awaited: Awaitable[T]) -> T:
        """Wait for another row, without a slot unless another part needs it; go on with one."""
        self._working, self._waiting = self._working - 1, self._waiting + 1
        self._leave()
        try:
            result = await awaited
        finally:
            self._working, self._waiting = self._working + 1, self._waiting - 1
        await self._return()
        return result

    def _leave(self) -> None:
        if self.is_held and not self._working and self._waiting:
            self.release()
            self._on_leave()

    async def _return(self) -> None:
        async with self._returning:
            if not self.is_held:
                await self._slots.acquire(self._tenant, again=True)
                self.is_held = True
                self._on_return()
