"""Leases on claimed rows, renewed while their chunk is worked on."""

import asyncio
import contextlib
from collections.abc import Generator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from libs.common.ids import new_id
from libs.common.logs import get_logger
from libs.common.uow import UnitOfWorkFactory
from services.enrich.repositories import claims

log = get_logger()

LEASE_S = 20.0
_RENEW_EVERY_S = 5


@dataclass(slots=True)
class Lease:
    """What one delivery of a chunk holds: `rows` claims under the name `holder`. `lost`: somebody else has taken some."""

    holder: UUID
    rows: int = 0
    lost: bool = False


class LeaseKeeper:
    """Renews all leases of the process in one statement."""

    def __init__(self, open_uow: UnitOfWorkFactory) -> None:
        self._open_uow = open_uow
        self._held: dict[UUID, Lease] = {}

    @property
    def rows(self) -> int:
        """Rows in hand, whether they have a slot or wait for one."""
        return sum(lease.rows for lease in self._held.values())

    @contextlib.contextmanager
    def hold(self) -> Generator[Lease]:
        """A lease with a name of its own: a second delivery of the same chunk, even to this process, is somebody else."""
        lease = Lease(new_id())
        self._held[lease.holder] = lease
        try:
            yield lease
        finally:
            del self._held[lease.holder]

    async def run(self) -> None:
        """Renew until cancelled."""
        while True:
            await asyncio.sleep(_RENEW_EVERY_S)
            try:
                await self.renew()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("leases.not_renewed", error=str(error))

    async def renew(self) -> None:
        """Prolong what is held, and notice what was taken by others while we could not."""
        expected = {holder: lease.rows for holder, lease in self._held.items() if lease.rows}
        if not expected:
            return
        async with self._open_uow.alone() as conn:
            still = await claims.renew(conn, list(expected), lease_s=LEASE_S)
        for holder, rows in expected.items():
            if still.get(holder, 0) < rows and holder in self._held:
                self._held[holder].lost = True
                log.warning("lease.lost", holder=str(holder), rows=rows, still=still.get(holder, 0))
