"""Writes checkpoints of all rows in flight in small batches: one statement for what came within a tenth of a second."""

import asyncio

from libs.common.logs import get_logger
from libs.common.messaging.consumer import is_outage
from libs.common.uow import UnitOfWorkFactory
from services.enrich.repositories import checkpoints, company_research
from services.enrich.repositories.checkpoints import Checkpoint
from services.enrich.repositories.company_research import CompanyFound

log = get_logger()

_GATHER_S = 0.1
_MOST = 500
_RETRY_S = 0.5


class CheckpointWriter:
    """`put` answers a ticket that is done when the checkpoint is stored. While the database is away it keeps what it has."""

    def __init__(self, open_uow: UnitOfWorkFactory) -> None:
        self._open_uow = open_uow
        self._batch: list[Checkpoint] = []
        self._companies: list[CompanyFound] = []
        self._ticket: asyncio.Future[None] | None = None
        self._wanted = asyncio.Event()

    def put(self, checkpoint: Checkpoint) -> asyncio.Future[None]:
        """Queue a checkpoint. All that are written together share one ticket."""
        self._batch.append(checkpoint)
        return self._next_ticket()

    def put_company(self, found: CompanyFound) -> asyncio.Future[None]:
        """Queue what was found out about a company."""
        self._companies.append(found)
        return self._next_ticket()

    async def run(self) -> None:
        """Write until cancelled; then write what is left."""
        try:
            while True:
                await self._wanted.wait()
                if len(self._batch) < _MOST:
                    await asyncio.sleep(_GATHER_S)
                await self._write()
        except asyncio.CancelledError:
            await self._write()
            raise

    def _next_ticket(self) -> asyncio.Future[None]:
        if self._ticket is None:
            self._ticket = asyncio.get_running_loop().create_future()
            self._ticket.add_done_callback(_look_at)
        self._wanted.set()
        return self._ticket

    async def _write(self) -> None:
        batch, companies, ticket = self._batch, self._companies, self._ticket
        self._batch, self._companies, self._ticket = [], [], None
        self._wanted.clear()
        if ticket is None:
            return
        while True:
            try:
                # The one says nothing of the other, and to store either again changes nothing.
                async with self._open_uow.alone() as conn:
                    if batch:
                        await checkpoints.store(conn, batch)
                    if companies:
                        await company_research.store(conn, companies)
            except asyncio.CancelledError:
                ticket.cancel()
                raise
            except Exception as error:
                if is_outage(error):
                    log.warning("checkpoints.wait", rows=len(batch), error=str(error))
                    await asyncio.sleep(_RETRY_S)
                    continue
                if not ticket.done():
                    ticket.set_exception(error)
                return
            if not ticket.done():
                ticket.set_result(None)
            return


def _look_at(ticket: asyncio.Future[None]) -> None:
    """A failed ticket that nobody waits for has been looked at: stages are written in the background."""
    if not ticket.cancelled() and ticket.exception() is not None:
        log.error("checkpoints.not_stored", error=str(ticket.exception()))
