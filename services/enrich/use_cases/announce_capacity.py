"""Say every second or two what this replica can hold in flight: ingest sizes the dispatcher's window by it."""

import asyncio
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from libs.common import outbox
from libs.common.contracts.enrich import CapacityAnnounced
from libs.common.ids import new_id
from libs.common.logs import get_logger
from services.enrich.in_flight.floor import Floor

log = get_logger()

EVERY_S = 1.5


class CapacityAnnouncer:
    """Announces until cancelled. A replica that is stopping has no capacity."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self.replica_id: UUID = new_id()

    async def run(self) -> None:
        """Announce, wait, announce again. One that is lost loses nothing."""
        while True:
            try:
                await self.announce()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("capacity.not_announced", error=str(error))
            await asyncio.sleep(EVERY_S)

    async def announce(self) -> None:
        """One transient event."""
        floor = self._floor
        async with floor.open_uow() as uow:
            waiting = await outbox.state(uow.conn, floor.open_uow.tables.outbox)
            said = CapacityAnnounced(
                replica_id=self.replica_id,
                rows_capacity=0 if floor.stopping.is_set() else floor.rows_capacity,
                rows_in_flight=floor.leases.rows,
                outbox_pending=waiting.pending,
                missing_providers=floor.tools.missing,
                sandboxed=floor.tools.sandboxed,
            )
            uow.publish(said, tenant_id=None)
