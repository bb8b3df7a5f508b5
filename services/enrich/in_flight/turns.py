"""Whose turn it is to ask an account under its limits: workspaces take turns here, replicas at the database."""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from libs.common.clock import utc_now
from libs.common.logs import get_logger
from services.enrich import metrics
from services.enrich.clients.errors import DayLimitExhausted, OutOfTime
from services.enrich.clients.gate import Gate, GateWait
from services.enrich.domain.day_shares import DayUse, kept_back_s
from services.enrich.domain.limits import BLOCK_S, VALID_S, Cost, Limits, Pace
from services.enrich.in_flight.tenant_queue import TenantQueue, Ticket
from services.enrich.repositories.limits import AHEAD_S, Asked, Decision

log = get_logger()

_DAY_LOOK_S = 2.0
"""How old the look at what each workspace has used of the day may be."""
_LONGEST_SLEEP_S = 5.0


class Book(Protocol):
    """The lines of all replicas, by the database's clock. Waits out a database that is away."""

    most: Limits
    """What the day holds, where it is we who count it."""

    async def book(self, asked: Asked, *, by_tenant: bool) -> Decision:
        """Grant an instant, or say when to ask again; count the day for each workspace."""
        ...

    async def day_uses(self) -> Sequence[DayUse]:
        """What each workspace has used of the day."""
        ...


class LimitedTurns:
    """The calls of one process that wait before one gate. One task books for all of them, while there are any."""

    def __init__(self, gate: Gate, book: Book, pace: Pace) -> None:
        self.pace = pace
        self._gate = gate
        self._book = book
        self._queue = TenantQueue()
        self._correction_s = 0.0
        self._serving: asyncio.Task[None] | None = None
        self._next_at = 0.0
        self._kept_back: dict[UUID, float] = {}
        self._uses: Sequence[DayUse] = ()
        self._looked_at = -_DAY_LOOK_S
        self._most_at_once = pace.calls_at_once

    @property
    def waits(self) -> list[GateWait]:
        """How long the calls that wait now will need, and which workspaces stand back."""
        now, account = time.monotonic(), self._gate.account
        found = [GateWait(account, at - now, "kept_back", None, one) for one, at in self._kept_back.items() if at > now]
        calls = list(self._queue)
        if calls:
            requests_s = len(calls) * self.pace.request_s
            tokens_s = sum(self.pace.tokens_s(one.tokens) for one in calls)
            wait_s = max(0.0, self._next_at - now) + max(requests_s, tokens_s)
            found.append(GateWait(account, wait_s, "minute_limit", "requests" if requests_s >= tokens_s else "tokens"))
        return found

    async def take(self, tenant_id: UUID, tokens: int, *, deadline: float) -> None:
        """Returns when the call may be made, which is now.

        Raises OutOfTime when its turn does not come before the deadline, or when its workspace stands back for others
        (its chunk goes back, and its slot to them); DayLimitExhausted when the day does not hold it.
        """
        began = time.monotonic()
        while True:
            ticket = self._queue.add(tenant_id, tokens)
            if self._serving is None:
                self._serving = asyncio.create_task(self._serve())
            until = await self._granted(ticket, deadline=deadline)
            if time.monotonic() <= until:
                metrics.LIMITER_WAIT_SECONDS.labels(self._gate.provider).observe(time.monotonic() - began)
                return
            self._count("lost")

    def correct(self, *, reserved: int, used: int) -> None:
        """Put the line of tokens right by what a call took more, or less, than was reserved for it."""
        self._correction_s += self.pace.tokens_s(used) - self.pace.tokens_s(reserved)

    def turn(self, pace: Pace) -> None:
        """Other limits hold from the next decision on."""
        self.pace, self._most_at_once = pace, pace.calls_at_once

    def open(self) -> None:
        """Nothing limits the account any more."""
        self._queue.free(time.monotonic() + VALID_S)

    async def _granted(self, ticket: Ticket, *, deadline: float) -> float:
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                return await ticket.until
        except TimeoutError:
            raise OutOfTime(max(0.0, self._next_at - time.monotonic())) from None
        finally:
            if not ticket.until.cancel() and not ticket.until.cancelled():
                ticket.until.exception()

    async def _serve(self) -> None:
        """Book for whoever is next, until nobody waits."""
        try:
            while batch := self._block(self._queue.next(self._most_at_once)):
                if await self._may_ask(batch):
                    await self._book_for(batch)
        except Exception as error:
            log.exception("limiter.failed", account=self._gate.account, error=str(error))
            self._queue.refuse(error)
        finally:
            self._serving = None

    def _block(self, tickets: Sequence[Ticket]) -> list[Ticket]:
        """Those that one decision may be about: one, or as many as take no longer than a block."""
        ends = list(itertools.accumulate(self.pace.tokens_s(ticket.tokens) for ticket in tickets))
        return [ticket for nth, ticket in enumerate(tickets) if nth == 0 or ends[nth] <= BLOCK_S]

    async def _may_ask(self, batch: Sequence[Ticket]) -> bool:
        """Sends those away who stand back for others. False: look who is next now."""
        if not self.pace.limits.of_day:
            return True
        if time.monotonic() - self._looked_at >= _DAY_LOOK_S:
            self._uses, self._looked_at = await self._book.day_uses(), time.monotonic()
        back = {one.tenant_id: kept_back_s(one.tenant_id, self._uses, self.pace.limits) for one in batch}
        for tenant_id, seconds in back.items():
            if seconds > 0:
                self._kept_back[tenant_id] = time.monotonic() + seconds
                self._count("kept_back", self._queue.refuse(OutOfTime(seconds), tenant_id=tenant_id))
        return not any(back.values())

    async def _book_for(self, batch: Sequence[Ticket]) -> None:
        asked, before = self._asked(batch), time.monotonic()
        decision = await self._book.book(asked, by_tenant=self.pace.limits.of_day)
        self._next_at = time.monotonic() + decision.in_s
        if decision.day_full_s is not None:
            self._day_is_full(decision.day_full_s, calls=len(batch))
        elif not decision.granted:
            self._count("later")
            # A little before it may be granted, each replica a little different.
            sleep_s = decision.in_s - AHEAD_S * random.uniform(0.3, 0.9)  # noqa: S311
            await asyncio.sleep(min(max(0.02, sleep_s), _LONGEST_SLEEP_S))
        else:
            self._count("granted")
            self._correction_s -= asked.cost.correction_s
            if self.pace.limits.of_day:
                self._gate.uncounted.clear()
            if decision.in_s > 0:
                await asyncio.sleep(decision.in_s)
            # The decision fell after `before`: counted from there the grant ends early rather than late.
            until = before + decision.in_s + VALID_S
            for ticket in batch:
                if not self._queue.grant(ticket, until):
                    self._count("lost")

    def _asked(self, batch: Sequence[Ticket]) -> Asked:
        calls, tokens = Counter[UUID](), Counter[UUID]()
        for ticket in batch:
            calls[ticket.tenant_id] += 1
            tokens[ticket.tenant_id] += ticket.tokens
        cost = Cost(
            requests_s=len(batch) * self.pace.request_s,
            tokens_s=sum(self.pace.tokens_s(ticket.tokens) for ticket in batch),
            correction_s=self._correction_s,
        )
        # What was asked before anybody counted the day counts as well.
        return Asked(cost, calls + self._gate.uncounted if self.pace.limits.of_day else calls, tokens)

    def _day_is_full(self, turns_in_s: float, *, calls: int) -> None:
        self._count("day_full")
        if calls > 1:
            self._most_at_once = 1
            return
        limits = self._book.most
        parts = ((limits.requests_per_day, "requests"), (limits.tokens_per_day, "tokens"))
        most = " and ".join(f"{limit:,} {unit}" for limit, unit in parts if limit)
        msg = f"the {most} that may be used in a day (UTC) are used up"
        resume_at = utc_now() + timedelta(seconds=turns_in_s)
        self._queue.refuse(DayLimitExhausted(self._gate.account, msg, resume_at=resume_at))

    def _count(self, outcome: str, number: int = 1) -> None:
        metrics.LIMITER_DECISIONS.labels(self._gate.provider, outcome).inc(number)
