"""Who of this process waits for what: one ticket per caller, any number of callers for one thing."""

import asyncio
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Tickets(Generic[K, V]):
    """A ticket is answered with a value, or with None: then its holder is the one who has to find the value out."""

    def __init__(self) -> None:
        self._waiting: dict[K, list[asyncio.Future[V | None]]] = {}

    def __iter__(self) -> Iterator[K]:
        return iter(self._waiting)

    def __len__(self) -> int:
        return len(self._waiting)

    def take(self, key: K) -> asyncio.Future[V | None]:
        """Wait for it."""
        ticket: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(ticket)
        return ticket

    def answer(self, key: K, value: V) -> None:
        """Everyone who waits has it."""
        for ticket in self._waiting.pop(key, ()):
            if not ticket.done():
                ticket.set_result(value)

    def choose(self, key: K) -> bool:
        """Tell one of those who wait to find it out. False when nobody does any more."""
        for ticket in self._waiting.get(key, ()):
            if not ticket.done():
                self._remove(key, ticket)
                ticket.set_result(None)
                return True
        return False

    def withdraw(self, key: K, ticket: asyncio.Future[V | None]) -> bool:
        """Wait no longer. True when it had been told to find it out, and nobody will."""
        self._remove(key, ticket)
        return ticket.done() and not ticket.cancelled() and ticket.exception() is None and ticket.result() is None

    def fail(self, error: Exception) -> None:
        """Everyone hears that it cannot be told."""
        waiting, self._waiting = self._waiting, {}
        for tickets in waiting.values():
            for ticket in tickets:
                if not ticket.done():
                    ticket.set_exception(error)

    def _remove(self, key: K, ticket: asyncio.Future[V | None]) -> None:
        waiting = self._waiting.get(key, [])
        if ticket in waiting:
            waiting.remove(ticket)
            if not waiting:
                del self._waiting[key]
