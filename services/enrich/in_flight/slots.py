"""Row slots: how many rows one process has in flight, shared fairly between the tenants that wait."""

import asyncio
from collections import Counter, OrderedDict, deque
from uuid import UUID

from services.enrich.metrics import ROWS_IN_FLIGHT


class FairSlots:
    """A semaphore that gives a free slot to the waiting tenant who has the fewest; equals take turns."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._free = size
        self._used: Counter[UUID] = Counter()
        self._waiting: OrderedDict[UUID, deque[asyncio.Future[None]]] = OrderedDict()

    @property
    def in_use(self) -> int:
        """Rows in flight."""
        return self.size - self._free

    async def acquire(self, tenant: UUID, *, again: bool = False) -> None:
        """Wait for a slot. Cancelling the wait gives back what may have been granted meanwhile.

        Who had one, and wants one `again`, goes before the tenant's others.
        """
        if self._free and not self._waiting:
            self._grant(tenant)
            return
        ticket = asyncio.get_running_loop().create_future()
        tickets = self._waiting.setdefault(tenant, deque())
        tickets.appendleft(ticket) if again else tickets.append(ticket)
        try:
            await ticket
        except asyncio.CancelledError:
            if ticket.done() and not ticket.cancelled():
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

    def _grant(self, tenant: UUID) -> None:
        self._free -= 1
        ROWS_IN_FLIGHT.inc()
        self._used[tenant] += 1

    def _hand_out(self) -> None:
        while self._free and self._waiting:
            tenant = min(self._waiting, key=lambda one: self._used[one])
            tickets = self._waiting[tenant]
            ticket = tickets.popleft()
            if tickets:
                self._waiting.move_to_end(tenant)
            else:
                del self._waiting[tenant]
            if not ticket.done():
                self._grant(tenant)
                ticket.set_result(None)
