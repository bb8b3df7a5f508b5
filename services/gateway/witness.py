"""Writes down what was tried at an account from outside, once it is answered: a wrong password, a mail that was asked for.

It is done here, and not where it was asked for, so that an answer takes as long whether or not the address is anybody's.
"""

import asyncio
from dataclasses import dataclass, field

from libs.common.logs import get_logger
from libs.common.uow import OpenUow
from services.gateway import metrics
from services.gateway.domain.audit import Sighting
from services.gateway.repositories import audit, users

log = get_logger()

MOST_WAITING = 1000


@dataclass(frozen=True)
class Attempt:
    """At the account of an address, should it have one."""

    email: str
    seen: Sighting


@dataclass
class Witness:
    """One in each replica."""

    _waiting: asyncio.Queue[Attempt] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))

    def see(self, email: str, seen: Sighting) -> None:
        """Have it written down soon. Where more waits than can be written, it is lost, and a metric says so."""
        try:
            self._waiting.put_nowait(Attempt(email, seen))
        except asyncio.QueueFull:
            _lose(seen, error="too many attempts at once")

    async def run(self, open_uow: OpenUow) -> None:
        """Until it is cancelled: then what still waits is written first."""
        in_hand: Attempt | None = None
        try:
            while True:
                in_hand = await self._waiting.get()
                await _write(in_hand, open_uow=open_uow)
                in_hand = None
        finally:
            # What was being written at that moment is perhaps there already: twice is better than never.
            if in_hand is not None:
                await _write(in_hand, open_uow=open_uow)
            while not self._waiting.empty():
                await _write(self._waiting.get_nowait(), open_uow=open_uow)


async def _write(attempt: Attempt, *, open_uow: OpenUow) -> None:
    try:
        async with open_uow() as uow:
            found = await users.find_credentials(uow.conn, email=attempt.email)
            if found is not None:
                user = found.user
                await audit.add_at_account(uow.conn, attempt.seen, user_id=user.id, email=user.email)
    except Exception as error:
        _lose(attempt.seen, error=str(error))


def _lose(seen: Sighting, *, error: str) -> None:
    metrics.AUDIT_ENTRIES_LOST.inc()
    log.error(
        "audit.entry_lost",
        error=error,
        operation=seen.operation,
        outcome=seen.outcome,
        client_address=seen.client_address,
    )
