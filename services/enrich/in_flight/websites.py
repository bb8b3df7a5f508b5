"""The websites that rows of this process ask for: known ones from the database, each unknown one read by one row anywhere."""

import asyncio
import contextlib
import time
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.ids import new_id
from libs.common.listener import Listener
from libs.common.logs import get_logger
from libs.common.messaging.consumer import is_outage
from libs.common.uow import UnitOfWork, UnitOfWorkFactory
from services.enrich.domain.sites.website import Website, believed_for
from services.enrich.in_flight.tickets import Tickets
from services.enrich.repositories import websites
from services.enrich.repositories.websites import CHANNEL, Looked, SiteKey, key_of
from services.enrich.website.direct import DirectReader

log = get_logger()

LEASE_S = 12.0
_RENEWALS_PER_LEASE = 3
_POLL_S = 1.0
_IDLE_S = 30.0
_GATHER_S = 0.025
"""A trip to the database costs as much as a tenth of a row: what comes meanwhile shares it."""
_RETRY_S = 0.5


class Websites:
    """`take` answers a website, or None to the one caller who has to read it and then to `put` or `give_up`.

    Whatever is asked and told within some hundredths of a second is served together. A reader that vanishes holds its site for
    `lease_s` at most. `direct` is our own reader, None where only Firecrawl's stand-in may be asked.
    """

    def __init__(
        self,
        open_uow: UnitOfWorkFactory,
        listener: Listener,
        *,
        direct: DirectReader | None = None,
        fresh: timedelta = timedelta(days=7),
        lease_s: float = LEASE_S,
    ) -> None:
        self.direct = direct
        self._open_uow = open_uow
        self._listener = listener
        self._fresh = fresh
        self._lease_s = lease_s
        self._holder = new_id()
        self._woken = asyncio.Event()
        self._asked = Tickets[SiteKey, Website]()
        self._reading: set[SiteKey] = set()
        self._read: list[Website] = []
        self._left: set[SiteKey] = set()
        self._renewed_at = 0.0

    async def take(self, key: SiteKey, *, within_s: float) -> Website | None:
        """What is believed of a site; None: you read it. Raises TimeoutError when others read it for longer than that."""
        ticket = self._asked.take(key)
        self._woken.set()
        try:
            async with asyncio.timeout(within_s):
                return await ticket
        except BaseException:
            if self._asked.withdraw(key, ticket):
                self.give_up(key)
            raise

    def put(self, website: Website) -> None:
        """What the reading has come to. Those of this process who wait have it at once."""
        self._read.append(website)
        self._asked.answer(key_of(website), website)
        self._woken.set()

    def give_up(self, key: SiteKey) -> None:
        """It was not read: let another try."""
        self._left.add(key)
        self._woken.set()

    async def run(self) -> None:
        """Serve until cancelled; then store what is left."""
        async with self._listener.wait_for(CHANNEL) as woken:
            woken.set()
            self._woken = woken
            try:
                while True:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(self._pause_s):
                            await woken.wait()
                    if self._has_work:
                        await asyncio.sleep(_GATHER_S)
                    woken.clear()
                    await self._serve_or_wait()
            finally:
                await self._hand_in()

    @property
    def _has_work(self) -> bool:
        return bool(self._asked or self._read or self._left)

    @property
    def _pause_s(self) -> float:
        pause_s = _POLL_S if self._asked else _IDLE_S
        return min(pause_s, self._lease_s / _RENEWALS_PER_LEASE) if self._reading else pause_s

    @property
    def _must_renew(self) -> bool:
        return time.monotonic() - self._renewed_at >= self._lease_s / _RENEWALS_PER_LEASE

    async def _serve_or_wait(self) -> None:
        """While the database is away, nothing is lost: those who ask have bounds of their own."""
        try:
            await self._serve()
        except Exception as error:
            if not is_outage(error):
                # What cannot be stored is read again when its lease has run out.
                log.exception("websites.not_served", error=str(error), read=len(self._read))
                self._read, self._left, self._reading = [], set(), set()
                self._asked.fail(error)
                return
            log.warning("websites.wait", asked=len(self._asked), error=str(error))
            self._woken.set()
            await asyncio.sleep(_RETRY_S)

    async def _serve(self) -> None:
        read, left = list(self._read), set(self._left)
        told = left | {key_of(website) for website in read}
        asked = [key for key in self._asked if key not in self._reading or key in told]
        renewed = self._reading - told if self._must_renew else set[SiteKey]()
        if not (asked or told or renewed):
            return
        async with self._open_uow() as uow:
            await self._tell(uow, read, left)
            if renewed:
                await websites.renew(uow.conn, renewed, holder=self._holder, lease_s=self._lease_s)
            looked = await self._look(uow.conn, asked) if asked else Looked({}, set())
        if renewed:
            self._renewed_at = time.monotonic()
        self._read = self._read[len(read) :]
        self._left -= left
        self._reading = (self._reading - told) | looked.mine
        self._answer(looked)

    async def _look(self, conn: AsyncConnection, keys: list[SiteKey]) -> Looked:
        return await websites.look(conn, keys, holder=self._holder, lease_s=self._lease_s)

    async def _tell(self, uow: UnitOfWork, read: list[Website], left: set[SiteKey]) -> None:
        if read:
            with_time = [(website, believed_for(website, fresh=self._fresh)) for website in read]
            await websites.store(uow.conn, with_time, holder=self._holder)
        if left:
            await websites.release(uow.conn, left, holder=self._holder)
        if read or left:
            uow.notify(CHANNEL)

    def _answer(self, looked: Looked) -> None:
        for key, website in looked.found.items():
            self._asked.answer(key, website)
        for key in looked.mine:
            if not self._asked.choose(key):
                self.give_up(key)

    async def _hand_in(self) -> None:
        """Store what has been read; others may read the rest."""
        self._left |= self._reading - {key_of(website) for website in self._read}
        if not (self._read or self._left):
            return
        try:
            async with self._open_uow() as uow:
                await self._tell(uow, self._read, self._left)
        except Exception as error:
            if not is_outage(error):
                raise
            log.warning("websites.not_handed_in", read=len(self._read), left=len(self._left), error=str(error))
