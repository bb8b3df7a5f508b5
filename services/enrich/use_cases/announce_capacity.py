"""Say every second or two what this replica can hold in flight: ingest sizes the dispatcher's window by it."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from libs.common import outbox
from libs.common.clock import utc_now
from libs.common.contracts.enrich import CapacityAnnounced, ProviderWait
from libs.common.ids import new_id
from libs.common.logs import get_logger
from services.enrich.clients.gate import GateWait
from services.enrich.domain.account_names import provider_of, workspace_of
from services.enrich.in_flight.floor import Floor

log = get_logger()

EVERY_S = 1.5
LOOK_S = 0.25
"""How soon a wait that has begun is seen, and hence how often there can be an announcement."""
WORTH_SAYING_S = 2.0
"""A wait so long is announced at once: somebody looks at a job and wonders."""


class CapacityAnnouncer:
    """Announces until cancelled. A replica that is stopping has no capacity."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self.replica_id: UUID = new_id()
        self._said: frozenset[str] = frozenset()

    async def run(self) -> None:
        """Announce, wait, announce again: sooner when calls have begun to wait. One that is lost loses nothing."""
        while True:
            try:
                await self.announce()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("capacity.not_announced", error=str(error))
            await self._rest()

    async def _rest(self) -> None:
        for _ in range(round(EVERY_S / LOOK_S)):
            await asyncio.sleep(LOOK_S)
            if self.has_news():
                return

    def has_news(self) -> bool:
        """Whether calls to an account wait for long of which nothing was said yet."""
        return any(wait.account not in self._said and wait.wait_s > WORTH_SAYING_S for wait in self._floor.tools.waits)

    async def announce(self) -> None:
        """One transient event."""
        floor = self._floor
        waits, now = floor.tools.waits, utc_now()
        async with floor.open_uow() as uow:
            waiting = await outbox.state(uow.conn, floor.open_uow.tables.outbox)
            said = CapacityAnnounced(
                replica_id=self.replica_id,
                rows_capacity=0 if floor.stopping.is_set() else floor.rows_capacity,
                rows_in_flight=floor.leases.rows,
                outbox_pending=waiting.pending,
                missing_providers=floor.tools.missing,
                sandboxed=floor.tools.sandboxed,
                waits=[_announced(wait, now=now) for wait in waits],
            )
            uow.publish(said, tenant_id=None)
        self._said = frozenset(wait.account for wait in waits)


def _announced(wait: GateWait, *, now: datetime) -> ProviderWait:
    return ProviderWait(
        provider=provider_of(wait.account),
        account=wait.account,
        workspace_id=wait.workspace_id or workspace_of(wait.account),
        until=now + timedelta(seconds=wait.wait_s),
        reason=wait.reason,
        limited_by=wait.limited_by,
    )
