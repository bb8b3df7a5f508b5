"""Row slots: how many rows one process has in flight, shared fairly between the tenants that wait."""

import asyncio
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass
from uuid import UUID

from services.enrich.in_flight.pace import Pace
from services.enrich.metrics import ROWS_IN_FLIGHT


@dataclass(frozen=True, slots=True)
class _Ticket:
    """One that waits; `again` when it has had a slot before."""

    granted: asyncio.Future[None]
    again: bool


class FairSlots:
    """A semaphore that gives a free slot to the waiting tenant who has the fewest; equals take turns.

    With a `pace` rows that begin do so one after the other, however many slots are free.
    """

    def __init__(self, size: int, *, pace: Pace | None = None) -> None:
        self.size = size
        self._pace = pace
        self._next: asyncio.TimerHandle | None = None
        self._free = size
        self._used: Counter[UUID] = Counter()
        self._waiting: OrderedDict[UUID, deque[_Ticket]] = OrderedDict()

    @property
    def in_use(self) -> int:
        """Rows in flight."""
        return self.size - self._free

    async def acquire(self, tenant: UUID, *, again: bool = False) -> None:
        """Wait for a slot. Cancelling the wait gives back what may have been granted meanwhile.

        Who had one, and wants one `again`, goes before the tenant's others.
        """
        if self._free and not self._waiting and (again or not self._wait_s):
            self._grant(tenant, again=again)
            return
        ticket = _Ticket(asyncio.get_running_loop().create_future(), again)
        tickets = self._waiting.setdefault(tenant, deque())
        tickets.appendleft(ticket) if again else tickets.append(ticket)
        self._hand_out()
        try:
            await ticket.granted
        except asyncio.CancelledError:
            if ticket.granted.done() and not ticket.granted.cancelled():
                self.release(tenant)
            raise

    def release(self, tenant: UUID) -> None:
        """Give a slot back; the next who waits has it at once."""
        self._free += 1
        ROWS_IN_FLIGHT.dec()
        self._used[tenant] -= 1
        if not self._used[tenant]:
            del self._used[tenant]
        self._hand_out()

    def finished(self) -> None:
        """A row is done with: told once for each that has begun."""
        if self._pace is not None:
            self._pace.finished()

    @property
    def _wait_s(self) -> float:
        return self._pace.wait_s if self._pace is not None else 0.0

    def _grant(self, tenant: UUID, *, again: bool) -> None:
        self._free -= 1
        ROWS_IN_FLIGHT.inc()
        self._used[tenant] += 1
        if self._pace is not None and not again:
            self._pace.began()

    def _hand_out(self) -> None:
        while self._free and self._waiting:
            tenant = min(self._waiting, key=lambda one: self._used[one])
            tickets = self._waiting[tenant]
            if not tickets[0].again and not tickets[0].granted.done() and (wait_s := self._wait_s):
                self._look_again(wait_s)
                return
            ticket = tickets.popleft()
            if tickets:
                self._waiting.move_to_end(tenant)
            else:
                del self._waiting[tenant]
            if not ticket.granted.done():
                self._grant(tenant, again=ticket.again)
                ticket.granted.set_result(None)

    def _look_again(self, wait_s: float) -> None:
        if self._next is None:
            self._next = asyncio.get_running_loop().call_later(wait_s, self._begin_next)

    def _begin_next(self) -> None:
        self._next = None
        self._hand_out()
