"""Research on companies: one row asks, the others wait for it, in this process and in all replicas.

The row that asks has a slot; those that wait have given theirs back. So nobody waits for somebody who cannot go on.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from libs.common.ids import new_id
from libs.common.logs import get_logger
from libs.common.messaging.consumer import is_outage
from libs.common.uow import UnitOfWorkFactory
from services.enrich.domain.found import Found
from services.enrich.domain.sources import Source
from services.enrich.in_flight.checkpoint_writer import CheckpointWriter
from services.enrich.repositories import company_research
from services.enrich.repositories.company_research import CompanyFound, CompanyKey, Known

log = get_logger()

LEASE_S = 20.0
FRESH_S = 7 * 86_400.0
_RENEW_EVERY_S = 5
_RETRY_S = 0.5
_GATHER_S = 0.025
"""A trip to the database costs as much as a tenth of a row: what comes meanwhile shares it."""


class Abandoned(Exception):
    """Who asked could not go on. Another row of the company takes over."""


@dataclass(slots=True)
class Flight:
    """Research under way: `sources` are there first, then what was `found`. A failure is everyone's who waits by then."""

    sources: asyncio.Future[Sequence[Source]] = field(default_factory=lambda: _heeded())
    found: asyncio.Future[Found] = field(default_factory=lambda: _heeded())
    began: float = field(default_factory=time.monotonic)

    def fail(self, error: BaseException) -> None:
        """Tell those who wait."""
        for part in (self.sources, self.found):
            if not part.done():
                part.set_exception(error)


class Companies:
    """What this process is asking, and the look at what others have found."""

    def __init__(self, open_uow: UnitOfWorkFactory, writer: CheckpointWriter, *, fresh_s: float = FRESH_S) -> None:
        self._open_uow = open_uow
        self._writer = writer
        self._fresh_s = fresh_s
        self._holder = new_id()
        self._flights: dict[CompanyKey, Flight] = {}
        self._asked: defaultdict[CompanyKey, list[asyncio.Future[Known]]] = defaultdict(list)
        self._asking: asyncio.Task[None] | None = None
        self._giving_back: set[asyncio.Task[None]] = set()

    def flight(self, key: CompanyKey) -> Flight | None:
        """What another row of this process is at, or has found a moment ago."""
        return self._flights.get(key)

    def begin(self, key: CompanyKey) -> Flight:
        """From here on the other rows of the company wait."""
        assert key not in self._flights, "one row asks"
        self._flights[key] = Flight()
        return self._flights[key]

    async def look(self, key: CompanyKey) -> Known:
        """What the database knows. All who ask within some hundredths of a second are answered by one look."""
        answer = asyncio.get_running_loop().create_future()
        self._asked[key].append(answer)
        if self._asking is None:
            self._asking = asyncio.create_task(self._answer_all())
        return await answer

    def land(self, key: CompanyKey, payload: bytes | None) -> None:
        """The research is over: with something to store for others, without it the company is anybody's again."""
        if payload is None:
            self._end(key)
            return
        ticket = self._writer.put_company(CompanyFound(key, payload, self._holder))
        ticket.add_done_callback(lambda done: self._end(key, is_free=done.cancelled() or done.exception() is not None))

    def leave(self, key: CompanyKey) -> None:
        """The company is known from elsewhere, or another's to ask: nothing of ours has to be given back."""
        self._end(key, is_free=False)

    async def run(self) -> None:
        """Prolong the leases on what takes long, until cancelled; then wait until what is free has been given back."""
        try:
            while True:
                await asyncio.sleep(_RENEW_EVERY_S)
                long = [key for key, one in self._flights.items() if time.monotonic() - one.began > _RENEW_EVERY_S]
                if long:
                    await self._hold(long, lease_s=LEASE_S)
        finally:
            under_way = [*self._giving_back, *([self._asking] if self._asking else [])]
            await asyncio.gather(*under_way, return_exceptions=True)

    def _end(self, key: CompanyKey, *, is_free: bool = True) -> None:
        self._flights.pop(key, None)
        if is_free:
            task = asyncio.create_task(self._give_back(key))
            self._giving_back.add(task)
            task.add_done_callback(self._giving_back.discard)

    async def _give_back(self, key: CompanyKey) -> None:
        # Whoever has begun meanwhile has the lease from the one before.
        if key not in self._flights:
            await self._hold([key], lease_s=-1)

    async def _hold(self, keys: Sequence[CompanyKey], *, lease_s: float) -> None:
        try:
            async with self._open_uow.alone() as conn:
                await company_research.hold(conn, keys, holder=self._holder, lease_s=lease_s)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("companies.not_held", companies=len(keys), error=str(error))

    async def _answer_all(self) -> None:
        try:
            while self._asked:
                await asyncio.sleep(_GATHER_S)
                asked, self._asked = self._asked, defaultdict(list)
                await self._answer(asked)
        finally:
            self._asking = None

    async def _answer(self, asked: dict[CompanyKey, list[asyncio.Future[Known]]]) -> None:
        known: dict[CompanyKey, Known] = {}
        try:
            known = await self._look(list(asked))
        except Exception as error:
            for answer in (one for answers in asked.values() for one in answers if not one.done()):
                answer.set_exception(error)
        for key, found in known.items():
            for answer in (one for one in asked[key] if not one.done()):
                answer.set_result(found)

    async def _look(self, keys: Sequence[CompanyKey]) -> dict[CompanyKey, Known]:
        while True:
            try:
                async with self._open_uow.alone() as conn:
                    return await company_research.look(
                        conn, keys, holder=self._holder, lease_s=LEASE_S, fresh_s=self._fresh_s
                    )
            except Exception as error:
                if not is_outage(error):
                    raise
                log.warning("companies.wait", companies=len(keys), error=str(error))
                await asyncio.sleep(_RETRY_S)


def _heeded() -> asyncio.Future[Any]:
    """One whose failure has been looked at: there may be nobody who waits."""
    made = asyncio.get_running_loop().create_future()
    made.add_done_callback(lambda one: one.cancelled() or one.exception())
    return made
