"""Replicas that remember the same accounts, between each other's holds and captures, ends, grants, caps and dates: whatever comes
between, all ends as it does for whoever remembers nothing."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from libs.common.clock import utc_now
from libs.common.db import make_engine
from libs.common.ids import new_id
from libs.common.settings import normalise_database_url
from libs.common.uow import UnitOfWorkFactory
from services.billing.domain.watching.caps import Caps
from services.billing.repositories.watching import caps
from services.billing.tables import COMMON
from services.billing.use_cases.expire_grants import expire_grants
from services.billing.use_cases.void_grant import void_grant
from tests.integration.billing.deliveries import Replica, delivery
from tests.integration.billing.machine.driver import Driver
from tests.integration.billing.steps import Billing, completed, created, ended
from tests.integration.billing.test_together import CAPTURES, HOLDS, in_order

Step = tuple[Any, ...]

_WHO = st.integers(0, 1)
_HOLD = st.tuples(st.just("hold"), _WHO, st.lists(st.integers(1, 6), min_size=1, max_size=3))
STEPS = st.lists(
    st.one_of(
        _HOLD,
        _HOLD,
        _HOLD,
        st.tuples(st.just("again"), _WHO, st.integers(0, 9)),
        st.tuples(st.just("capture"), st.integers(0, 9)),
        st.tuples(st.just("end"), st.integers(0, 9)),
        st.tuples(st.just("grant"), st.integers(1, 9), st.booleans()),
        st.tuples(st.just("void"), st.integers(0, 9)),
        st.tuples(st.just("cap"), st.sampled_from([None, 4, 12])),
        st.tuples(st.just("date"), st.booleans()),
        st.tuples(st.just("both"), st.integers(1, 6), st.integers(1, 6)),
        st.tuples(st.just("burst"), _WHO, st.integers(1, 6)),
    ),
    min_size=6,
    max_size=14,
)


@dataclass
class World:
    """One workspace, and what has been asked for it so far. Without memory each message comes to a replica that has just
    begun."""

    billing: Billing
    remembers: bool
    workspace_id: UUID = field(default_factory=new_id)
    jobs: list[tuple[UUID, int]] = field(default_factory=list[tuple[UUID, int]])
    grants: list[UUID] = field(default_factory=list[UUID])
    chunks: dict[UUID, int] = field(default_factory=dict[UUID, int])
    outcomes: list[list[str]] = field(default_factory=list[list[str]])
    is_capped: bool = False

    def __post_init__(self) -> None:
        self._replicas = [Replica(HOLDS, self.billing.open_uow) for _ in range(2)]

    def replica(self, who: int) -> Replica:
        return self._replicas[who] if self.remembers else Replica(HOLDS, self.billing.open_uow)

    async def hold(self, who: int, credits_: list[int]) -> None:
        asked = [(new_id(), amount) for amount in credits_]
        self.jobs += asked
        # What is decided upon alone has no order.
        for some in [[one] for one in asked] if self.is_capped else [asked]:
            self.outcomes.append(await self.ask(who, some))

    async def again(self, who: int, nth: int) -> None:
        if self.jobs:
            self.outcomes.append(await self.ask(who, [self.jobs[nth % len(self.jobs)]]))

    async def ask(self, who: int, asked: list[tuple[UUID, int]]) -> list[str]:
        return await self.replica(who).hear(*(delivery(created(*one), self.workspace_id) for one in asked))

    async def both(self, first: int, second: int) -> None:
        """Two replicas at once, of one size: whichever comes first is called the first."""
        await self._at_once([0, 1], min(first, second))

    async def burst(self, who: int, size: int) -> None:
        """One replica hears of the second while the first is on its way to the database."""
        await self._at_once([who, who], size)

    async def _at_once(self, whose: list[int], size: int) -> None:
        before = len(self.jobs)
        await asyncio.gather(*(self.hold(who, [size]) for who in whose))
        taken = {job: await self.shares(job) for job, _ in self.jobs[before:]}
        self.jobs[before:] = sorted(self.jobs[before:], key=lambda one: taken[one[0]])

    async def shares(self, job: UUID) -> list[int]:
        """What each grant covers of a hold."""
        query = (
            "SELECT array_agg(coalesce(h.held, 0) ORDER BY g.id) AS found FROM billing.grants g LEFT JOIN billing.hold_grants h"
            " ON h.grant_id = g.id AND h.subject_id = :job WHERE g.workspace_id = :id"
        )
        return list((await self.billing.one(query, job=job, id=self.workspace_id))["found"])

    async def capture(self, nth: int) -> None:
        held = [job for job, _ in self.jobs if (await self.billing.hold(job))["held"]]
        if held:
            job = held[nth % len(held)]
            self.chunks[job] = self.chunks.get(job, -1) + 1
            one = delivery(completed(job, self.chunks[job], 1), self.workspace_id)
            self.outcomes.append(await Replica(CAPTURES, self.billing.open_uow).hear(one))

    async def end(self, nth: int) -> None:
        if self.jobs:
            job = self.jobs[nth % len(self.jobs)][0]
            hold = await self.billing.hold(job)
            total = hold["captured"] if hold["credits_total"] is None else hold["credits_total"]
            await self.billing.deliver(ended(job, total), self.workspace_id)

    async def grant(self, size: int, expires: bool) -> None:
        expires_at = utc_now() + timedelta(days=1) if expires else None
        self.grants.append((await self.billing.grant(self.workspace_id, size, expires_at=expires_at)).id)

    async def void(self, nth: int) -> None:
        if self.grants:
            grant_id = self.grants[nth % len(self.grants)]
            outcome = await Driver(self.billing).use(
                lambda uow: void_grant(
                    grant_id, workspace_id=self.workspace_id, reason="a test", uow=uow, now=utc_now(), actor="user:test"
                )
            )
            self.outcomes.append([outcome])

    async def cap(self, per_day: int | None) -> None:
        self.is_capped = per_day is not None
        async with self.billing.open_uow() as uow:
            await caps.save_caps(uow.conn, self.workspace_id, Caps(per_day=per_day), user_id=new_id(), now=utc_now())

    async def date(self, noticed: bool) -> None:
        """Dates come nearer, which is a change of the account; the clock may notice."""
        await Driver(self.billing).grow_older([self.workspace_id], by=timedelta(days=2))
        await self.billing.execute(
            "UPDATE billing.accounts SET version = version + 1 WHERE workspace_id = :id", id=self.workspace_id
        )
        if noticed:
            await expire_grants(open_uow=self.billing.open_uow, now=utc_now(), actor="system:billing")

    async def state(self) -> tuple[object, ...]:
        """All that can be told of it without its ids."""
        holds = [await self.billing.hold(job) for job, _ in self.jobs]
        names = ("state", "needed", "placed", "held", "captured", "declined_available", "declined_reason")
        grants = await self.billing.one(
            "SELECT array_agg(ARRAY[size, available, held, captured, expired, voided] ORDER BY id) AS found"
            " FROM billing.grants WHERE workspace_id = :id",
            id=self.workspace_id,
        )
        keys = [key.split(":")[0] for key in await self.billing.movements(self.workspace_id)]
        said = sorted(type_ for _, type_, _ in await Driver(self.billing).said([self.workspace_id]))
        balance = await self.billing.balance(self.workspace_id)
        return balance, grants["found"], [[hold[name] for name in names] for hold in holds], keys, said, self.outcomes


async def play(billing: Billing, steps: list[Step], *, remembers: bool) -> tuple[object, ...]:
    world = World(billing, remembers)
    await world.grant(9, expires=False)
    await world.grant(5, expires=True)
    for name, *arguments in steps:
        await getattr(world, name)(*arguments)
    await in_order(billing, world.workspace_id)
    return await world.state()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("sequences", [20, pytest.param(300, marks=pytest.mark.long)])
def test_whatever_comes_between_memory_changes_nothing(module_database: str, sequences: int) -> None:
    """Red when what is remembered is written although the account, its grants, its caps or the asked job are others by now,
    or a memory is not what was committed."""
    loop = asyncio.new_event_loop()
    engine = make_engine(normalise_database_url(module_database), pool_size=4, service="billing")
    billing = Billing(UnitOfWorkFactory(engine, COMMON))

    @settings(
        max_examples=sequences, phases=[Phase.generate], database=None, suppress_health_check=[HealthCheck.too_slow]
    )
    @given(steps=STEPS)
    def compare(steps: list[Step]) -> None:
        from_memory, looked_up = (loop.run_until_complete(play(billing, steps, remembers=one)) for one in (True, False))
        assert from_memory == looked_up

    try:
        compare()
    finally:
        loop.run_until_complete(engine.dispose())
        loop.close()
