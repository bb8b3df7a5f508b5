"""The limits of all accounts, shared by all replicas: configured, learned from what providers say, kept in the database."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.listener import Listener
from libs.common.logs import get_logger
from libs.common.messaging.consumer import is_outage
from libs.common.uow import UnitOfWorkFactory
from services.enrich.clients.gate import Gate, LimitedBy
from services.enrich.domain.limits import NO_LIMITS, SLACK_S, WINDOW_S, Limits, Pace
from services.enrich.in_flight.turns import LimitedTurns
from services.enrich.repositories import heard_limits
from services.enrich.repositories import limits as repository
from services.enrich.repositories.heard_limits import Standing
from services.enrich.repositories.limits import Asked, Decision, LineKey

log = get_logger()
T = TypeVar("T")

CHANNEL = "enrich_limits"
_POLL_S = 15
_AWAY_S = 0.5
LEARNED_FOR_S = 3600.0
"""How long a learned limit is believed. One that has changed is heard of sooner, as it is said with the answers."""
_SAID_AGAIN_S = LEARNED_FOR_S / 4
"""How often it is written that a limit is still said."""


class Limiter:
    """Adopts every gate: gives it turns while something limits its account, and passes on what it hears.

    `configured` holds limits by provider, of everybody's account. An account that nothing limits costs no database call.
    `window_s` and `slack_s` are a minute and what requests may come early or late.
    """

    def __init__(
        self,
        open_uow: UnitOfWorkFactory,
        listener: Listener,
        *,
        configured: Mapping[str, Limits],
        window_s: float = WINDOW_S,
        slack_s: float = SLACK_S,
    ) -> None:
        self._open_uow = open_uow
        self._listener = listener
        self._configured = configured
        self._window_s, self._slack_s = window_s, slack_s
        self._gates: dict[LineKey, Gate] = {}
        self._standings: dict[LineKey, Standing] = {}
        self._news: dict[tuple[LineKey, str], Callable[[AsyncConnection], Awaitable[None]]] = {}
        self._said: dict[LineKey, tuple[Limits, float]] = {}
        self._wanted = asyncio.Event()

    def adopt(self, gate: Gate) -> None:
        """Watch over a gate from its making on."""
        key = LineKey(gate.account, gate.model)
        self._gates[key] = gate
        gate.told = self
        self._apply(key)

    def heard_shut(self, gate: Gate, *, seconds: float, by: LimitedBy | None) -> None:
        """The provider refuses everybody: all replicas are told."""
        key = LineKey(gate.account, gate.model)
        self._news[key, "shut"] = lambda conn: heard_limits.shut(conn, key, seconds=seconds, by=by)
        self._wanted.set()

    def heard_limits(self, gate: Gate, limits: Limits, *, used_tokens: int) -> None:
        """The provider has said what may be asked. Written once, and again when it says something else or time has gone."""
        key = LineKey(gate.account, gate.model)
        said, at = self._said.get(key, (NO_LIMITS, 0.0))
        limits = limits.over(said)
        if said == limits and time.monotonic() < at + _SAID_AGAIN_S:
            return
        self._said[key] = limits, time.monotonic()
        used_s = Pace(limits, self._window_s, self._slack_s).tokens_s(1) * used_tokens
        self._news[key, "limits"] = lambda conn: heard_limits.learn(
            conn, key, limits, used_s=used_s, for_s=LEARNED_FOR_S
        )
        self._wanted.set()

    async def run(self) -> None:
        """Tell what is new and hear what others tell, until cancelled."""
        async with self._listener.wait_for(CHANNEL) as woken, asyncio.TaskGroup() as both:
            both.create_task(self._hear(woken))
            both.create_task(self._tell())

    async def look(self) -> None:
        """Take up what all replicas know now."""
        async with self._open_uow() as uow:
            found = await heard_limits.standings(uow.conn)
        self._standings = {one.key: one for one in found}
        for key in self._gates:
            self._apply(key)

    async def _hear(self, woken: asyncio.Event) -> None:
        while True:
            woken.clear()
            await _outlasting_outages(self.look)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_POLL_S):
                    await woken.wait()

    async def _tell(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            news, self._news = self._news, {}
            for tell in news.values():
                await _outlasting_outages(lambda tell=tell: self._write(tell))

    async def _write(self, tell: Callable[[AsyncConnection], Awaitable[None]]) -> None:
        async with self._open_uow() as uow:
            await tell(uow.conn)
            uow.notify(CHANNEL)

    def _apply(self, key: LineKey) -> None:
        gate, standing = self._gates[key], self._standings.get(key)
        if standing is not None and standing.shut_s > 0:
            gate.hear_shut(standing.shut_s, by=_limited_by(standing.shut_by))
        configured = self._configured.get(key.account, NO_LIMITS)
        limits = configured.over(standing.learned if standing else NO_LIMITS)
        turns, pace = gate.turns, Pace(limits, self._window_s, self._slack_s)
        if isinstance(turns, LimitedTurns):
            if turns.pace == pace:
                return
            turns.turn(pace)
            if not limits.any:
                gate.turns = None
                turns.open()
        elif limits.any:
            gate.turns = LimitedTurns(gate, SharedBook(self._open_uow, key, most=configured), pace)
            log.info("limits.known", account=key.account, model=key.model, limits=str(limits))


class SharedBook:
    """One line in the database. `most` is what its day holds by the settings.

    A day whose limit was learned is not ended by our count: when it turns only the provider knows.
    """

    def __init__(self, open_uow: UnitOfWorkFactory, key: LineKey, *, most: Limits) -> None:
        self._open_uow = open_uow
        self._key = key
        self.most = most

    async def book(self, asked: Asked, *, by_tenant: bool) -> Decision:
        """One decision. A database that is away is waited for: without it nobody may ask."""

        async def once() -> Decision:
            async with self._open_uow() as uow:
                return await repository.book(uow.conn, self._key, asked, by_tenant=by_tenant, most=self.most)

        return await _outlasting_outages(once)

    async def day_uses(self) -> Sequence[repository.DayUse]:
        """What each workspace has used of the day."""

        async def once() -> Sequence[repository.DayUse]:
            async with self._open_uow() as uow:
                return await repository.day_uses(uow.conn, self._key)

        return await _outlasting_outages(once)


async def _outlasting_outages(work: Callable[[], Awaitable[T]]) -> T:
    """Do it, as soon as the database is there."""
    while True:
        began = time.monotonic()
        try:
            return await work()
        except Exception as error:
            if not is_outage(error):
                raise
            log.warning("limits.wait", error=str(error), seconds=round(time.monotonic() - began, 1))
        await asyncio.sleep(_AWAY_S)


def _limited_by(text: str | None) -> LimitedBy | None:
    return "requests" if text == "requests" else "tokens" if text == "tokens" else None
