"""Any order of claims, calls, crashes, stalls, lost answers, pauses and midnights: nobody twice, never over the quota.

The verdict comes from what the provider accepted, not from our tables.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.common.uow import UnitOfWorkFactory
from services.sender.domain.sending import Accepted, Deferred, NotCalled, Outcome, Refused, Unknown
from services.sender.repositories.claims import Claim
from services.sender.repositories.expired_claims import release_expired_claims
from tests.integration.sender.world import MORNING, TIMING, World

LEADS, QUOTA, WORKERS = 3, 2, 2
ANSWERS: dict[str, Outcome] = {
    "accepted": Accepted("250 OK"),
    "lost": Unknown("the answer was lost"),
    "lost_before": Unknown("the connection was lost"),
    "refused": Refused("550 no"),
    "deferred": Deferred("451 later"),
}
Action = tuple[str, int | None, str | None]
INTERRUPTIONS: list[Action] = [
    ("time", 45, None),
    ("time", 130, None),
    ("midnight", None, None),
    ("suppress", 1, None),
    ("pause", None, None),
    ("replan", None, None),
]
_WORK = st.tuples(
    st.just("work"), st.integers(0, WORKERS - 1), st.sampled_from(["accepted", "accepted", *sorted(ANSWERS)])
)
_FAULT = st.one_of(
    st.tuples(st.just("crash"), st.integers(0, WORKERS - 1), st.none()),
    st.tuples(st.just("time"), st.sampled_from([5, 45, 90, 130, 3600]), st.none()),
    st.tuples(st.sampled_from(["plan", "resolve", "pause", "start", "midnight"]), st.none(), st.none()),
    st.tuples(st.just("suppress"), st.integers(1, LEADS), st.none()),
)
ACTIONS: st.SearchStrategy[Action] = st.sampled_from([_WORK] * 4 + [_FAULT]).flatmap(lambda kind: kind)


@dataclass
class Worker:
    """One claimer: idle, claimed, begun (its transaction is committed) or called (it knows its outcome)."""

    phase: str = "idle"
    claim: Claim | None = None
    deadline: datetime = MORNING
    outcome: Outcome | None = None


@dataclass
class Trial:
    """The world with its workers, and what the provider has accepted."""

    world: World
    workers: list[Worker] = field(default_factory=lambda: [Worker() for _ in range(WORKERS)])
    accepted: Counter[str] = field(default_factory=Counter)
    per_day: Counter[date] = field(default_factory=Counter)
    stopped: set[str] = field(default_factory=set)
    begun_before_stop: set[str] = field(default_factory=set)
    quota: int = QUOTA

    async def act(self, action: str, first: int | None, answer: str | None) -> None:
        world = self.world
        match action, first:
            case "work", int(number):
                await self.work(self.workers[number], answer or "accepted")
            case "crash", int(number):
                self.workers[number] = Worker()
            case "time", int(seconds):
                world.later(seconds=seconds)
            case "midnight", _:
                world.now = (world.now + timedelta(days=1)).replace(hour=0, minute=0, second=1)
            case "suppress", int(number):
                await self.suppress(f"lead{number}@company{number}.example")
            case "plan", _:
                await world.plan()
            case "replan", _:
                await self.act("pause", None, None)
                await self.act("start", None, None)
                await world.plan()
            case "resolve", _:
                await self.resolve()
            case "pause", _:
                if await world.is_open():
                    await world.pause()
            case _:
                if await world.is_open():
                    await world.start()

    async def resolve(self) -> None:
        async with self.world.open_uow() as uow:
            await release_expired_claims(uow.conn, now=self.world.now)
        await self.world.resolve()

    async def suppress(self, address: str) -> None:
        await self.world.suppress(address)
        self.stopped.add(address)
        in_hand = {w.claim.recipient for w in self.workers if w.claim and w.phase == "begun"}
        self.begun_before_stop |= in_hand & {address}

    async def work(self, worker: Worker, answer: str) -> None:
        """One step of a worker: claim, begin, call, record."""
        world = self.world
        if worker.phase == "idle":
            claims = await world.claim()
            worker.phase, worker.claim = ("claimed", claims[0]) if claims else ("idle", None)
            return
        assert worker.claim is not None
        if worker.phase == "claimed":
            worker.deadline = world.now + timedelta(seconds=TIMING.call_deadline_s)
            begun = await world.begin(worker.claim)
            worker.phase = "begun" if begun.state == "go" else "idle"
        elif worker.phase == "begun":
            worker.outcome = self.call(worker, answer)
            worker.phase = "called"
        else:
            assert worker.outcome is not None
            await world.record(worker.claim, worker.outcome)
            worker.phase = "idle"

    def call(self, worker: Worker, answer: str) -> Outcome:
        assert worker.claim is not None
        if self.world.now >= worker.deadline:
            return NotCalled()
        if answer in {"accepted", "lost"}:
            self.accept(worker.claim.recipient)
        return ANSWERS[answer]

    def accept(self, address: str) -> None:
        self.accepted[address] += 1
        self.per_day[self.world.now.date()] += 1
        assert self.accepted[address] == 1, f"{address} was accepted twice"
        assert self.per_day[self.world.now.date()] <= self.quota, "more accepted on a day than its quota"
        assert address not in self.stopped or address in self.begun_before_stop, "accepted after the stop"

    async def drain(self) -> None:
        """The faults have stopped: everybody is gone, leases run out, and the loop runs over some days."""
        world = self.world
        self.workers = [Worker()]
        for _ in range(3):
            world.later(days=1)
            world.now = world.now.replace(hour=9)
            await self.resolve()
            if await world.is_open():
                await world.start()
            while await world.plan() or await self.has_work():
                for _ in range(4 * LEADS):
                    await self.work(self.workers[0], "accepted")
            assert self.workers[0].phase == "idle"

    async def has_work(self) -> bool:
        return (await self.world.states())["planned"] > 0

    async def verdict(self) -> None:
        """Let it come to rest, then compare our tables with what the provider accepted."""
        await self.drain()
        states = await self.world.states()
        assert not states.keys() & {"planned", "claimed", "sending", "deferred"}, "everything comes to rest"
        assert states["sent"] <= self.accepted.total() <= states["sent"] + states["unknown"]
        assert (await self.world.slot_states())["assigned"] == 0


@pytest.mark.parametrize("survives", [True, False], ids=["goes on", "crashes"])
@pytest.mark.parametrize("interruption", INTERRUPTIONS, ids=lambda action: f"{action[0]} {action[1] or ''}".strip())
@pytest.mark.parametrize("steps", [1, 2, 3], ids=["claimed", "begun", "called"])
async def test_a_crash_or_an_interruption_at_every_step(
    open_uow: UnitOfWorkFactory, steps: int, interruption: Action, survives: bool
) -> None:
    """Red when any of fencing, re_suppress, re_slot, never_blind or unknown_keeps is removed."""
    trial = Trial(await (await World(open_uow).open()).running(leads=LEADS, quota=1))
    trial.quota = 1
    first, second = trial.workers
    for _ in range(steps):
        await trial.work(first, "accepted")
    if not survives:
        trial.workers[0] = Worker()
    await trial.act(*interruption)
    await trial.resolve()
    await trial.world.plan()
    await trial.work(second, "accepted")
    while survives and first.phase != "idle":
        await trial.work(first, "accepted")
    while second.phase != "idle":
        await trial.work(second, "lost")
    await trial.world.plan()
    for _ in range(4):
        await trial.work(second, "accepted")
    await trial.verdict()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=st.lists(ACTIONS, min_size=12, max_size=40))
async def test_nobody_is_written_to_twice_and_no_day_exceeds_its_quota(
    open_uow: UnitOfWorkFactory, actions: list[Action]
) -> None:
    """Red when a rule of the send goes, in whatever order things happen."""
    trial = Trial(await (await World(open_uow).open()).running(leads=LEADS, quota=QUOTA))
    for action in actions:
        await trial.act(*action)
    await trial.verdict()
