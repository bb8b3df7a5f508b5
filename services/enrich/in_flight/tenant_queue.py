"""Calls that wait for their turn: workspaces take turns, and within one the first come is the first served."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID


@dataclass(slots=True, eq=False)
class Ticket:
    """A call that waits. `until` is told until when (monotonic) it may be made, or why it may not."""

    tenant_id: UUID
    tokens: int
    until: asyncio.Future[float]


class TenantQueue:
    """A ticket stays until it is taken out; one whose caller has gone is passed over."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[UUID, deque[Ticket]] = OrderedDict()

    def __iter__(self) -> Iterator[Ticket]:
        """All that still wait."""
        return (ticket for tickets in self._waiting.values() for ticket in tickets if not ticket.until.done())

    def add(self, tenant_id: UUID, tokens: int) -> Ticket:
        """Queue up."""
        ticket = Ticket(tenant_id, tokens, asyncio.get_running_loop().create_future())
        self._waiting.setdefault(tenant_id, deque()).append(ticket)
        return ticket

    def next(self, most: int) -> list[Ticket]:
        """Whose turn it is: one of each workspace, then the second of each, and so on."""
        for tenant_id in [one for one, tickets in self._waiting.items() if not _drop_gone(tickets)]:
            del self._waiting[tenant_id]
        rows = [[ticket for ticket in tickets if not ticket.until.done()][:most] for tickets in self._waiting.values()]
        longest = max(map(len, rows), default=0)
        return [row[nth] for nth in range(longest) for row in rows if nth < len(row)][:most]

    def grant(self, ticket: Ticket, until: float) -> bool:
        """Its turn has come; its workspace is the last in line now. False: nobody waits for it any more."""
        if ticket.until.done():
            return False
        self._waiting[ticket.tenant_id].remove(ticket)
        self._waiting.move_to_end(ticket.tenant_id)
        ticket.until.set_result(until)
        return True

    def refuse(self, error: Exception, *, tenant_id: UUID | None = None) -> int:
        """Tell all, or all of a workspace, that they may not. Answers how many there were."""
        told = [ticket for ticket in self if tenant_id in (None, ticket.tenant_id)]
        for ticket in told:
            ticket.until.set_exception(error)
        return len(told)

    def free(self, until: float) -> None:
        """Everybody may go."""
        for ticket in list(self):
            self.grant(ticket, until)


def _drop_gone(tickets: deque[Ticket]) -> bool:
    """Forget those at the head who wait no longer. False: nobody is left."""
    while tickets and tickets[0].until.done():
        tickets.popleft()
    return bool(tickets)
