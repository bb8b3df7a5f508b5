"""While an account does not answer, one call at a time finds out whether it does again, and the others wait untried."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from services.enrich.clients.breaker import FAILURES_TO_OPEN, FIRST_REST_S, LONGEST_REST_S, Breaker
from services.enrich.clients.errors import BadAnswer, Nonsense, OutOfTime, ProviderDown
from services.enrich.clients.gate import MOST_NONSENSE, Gate
from services.enrich.clients.patience import MOST_TRIES, Patience
from tests.support.waiting import PATIENCE_S


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def longest(_low: float, high: float) -> float:
    return high


def opened(clock: Clock) -> Breaker:
    breaker = Breaker(clock=clock, spread=longest)
    for _ in range(FAILURES_TO_OPEN):
        assert not breaker.begin()
        breaker.failed(probe=False)
    return breaker


def test_it_opens_after_failures_in_a_row_only() -> None:
    """Red when a provider that answers every other call is taken for one that is down."""
    breaker = Breaker(clock=Clock(), spread=longest)
    for _ in range(FAILURES_TO_OPEN - 1):
        breaker.failed(probe=False)
    breaker.succeeded()
    for _ in range(FAILURES_TO_OPEN - 1):
        breaker.failed(probe=False)
    assert not breaker.is_open
    breaker.failed(probe=False)
    assert breaker.is_open


def test_one_row_alone_never_opens_it() -> None:
    """A single row with its tries is degraded, as it says. Red when the tries reach the breaker."""
    assert MOST_TRIES < FAILURES_TO_OPEN


def test_after_its_rest_one_call_probes_and_the_others_do_not() -> None:
    """Red when everybody rushes in at once, or nobody ever does."""
    clock = Clock()
    breaker = opened(clock)
    assert (breaker.wait_s, breaker.may_begin) == (FIRST_REST_S, False)
    clock.now = FIRST_REST_S
    assert breaker.may_begin
    assert breaker.begin()
    assert (breaker.may_begin, breaker.begin()) == (False, False)
    breaker.succeeded()
    assert (breaker.is_open, breaker.may_begin, breaker.begin()) == (False, True, False)


def test_each_failed_probe_doubles_the_rest_up_to_half_a_minute() -> None:
    """Red when a provider that is down for an hour is asked every other second, or back for an hour unnoticed."""
    clock = Clock()
    breaker = opened(clock)
    rests = list[float]()
    for _ in range(6):
        rests.append(breaker.wait_s)
        clock.now += breaker.wait_s
        assert breaker.begin()
        breaker.failed(probe=True)
    assert rests == [2, 4, 8, 16, LONGEST_REST_S, LONGEST_REST_S]


def test_calls_that_began_before_it_opened_do_not_prolong_it() -> None:
    """Red when 256 rows in flight that run into their timeout push the probe away."""
    breaker = opened(Clock())
    for _ in range(50):
        breaker.failed(probe=False)
    assert breaker.wait_s == FIRST_REST_S


def test_a_late_answer_closes_it() -> None:
    """Whoever has answered is there. Red when only the probe is believed."""
    breaker = opened(Clock())
    breaker.succeeded()
    assert not breaker.is_open


def test_a_probe_that_is_called_off_leaves_the_probing_to_another() -> None:
    """Red when a cancelled row leaves everybody waiting for its outcome."""
    clock = Clock()
    breaker = opened(clock)
    clock.now = FIRST_REST_S
    assert breaker.begin()
    breaker.abandoned(probe=True)
    assert breaker.begin()


@dataclass
class Provider:
    """Down until it is mended; counts what it was asked."""

    down: bool = True
    calls: int = 0
    at_once: int = 0
    most_at_once: int = 0
    slow: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self) -> str:
        self.calls += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        if self.down:
            raise ProviderDown("groq", "no answer")
        return "answer"


def quick(gate: Gate, **_: object) -> Gate:
    """A gate whose rests are a hundredth of what they are."""
    gate.breaker = Breaker(spread=lambda _low, high: high / 100)
    return gate


def row(*, seconds: float = 10.0) -> Patience:
    return Patience(time.monotonic() + seconds, budget_s=60)


@pytest.fixture
def _no_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_failures: int) -> float:
        return 0.0

    monkeypatch.setattr("services.enrich.clients.patience._delay", nothing)
    monkeypatch.setattr("services.enrich.clients.patience._SPREAD_S", 0.0)


async def until(met: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not met():
            await asyncio.sleep(0.001)


@pytest.mark.usefixtures("_no_delay")
async def test_rows_wait_through_an_outage_untried_and_are_all_answered_after_it() -> None:
    """P6. Red when an outage degrades rows whose tries the breaker should have saved, or burns their budget."""
    provider, gate, rows = Provider(), quick(Gate("groq")), [row() for _ in range(30)]
    asks = [asyncio.create_task(one.ask(provider, gate)) for one in rows]
    await until(lambda: gate.breaker.is_open)
    provider.most_at_once = 0
    seen = provider.calls
    await until(lambda: provider.calls >= seen + 3)
    assert provider.most_at_once == 1, "one probe at a time"
    assert provider.calls < 30 * MOST_TRIES
    provider.down = False
    assert await asyncio.gather(*asks) == ["answer"] * 30
    assert max(one.retries for one in rows) < MOST_TRIES


@pytest.mark.usefixtures("_no_delay")
async def test_a_row_that_probes_for_all_of_them_does_not_pay_for_it() -> None:
    """Red when failed probes count as its tries: it would be degraded for having been the first in line."""
    provider, gate, one = Provider(), quick(Gate("groq")), row()
    for _ in range(FAILURES_TO_OPEN):
        gate.failed(probe=False)
    asking = asyncio.create_task(one.ask(provider, gate))
    await until(lambda: provider.calls > MOST_TRIES)
    provider.down = False
    assert await asyncio.wait_for(asking, PATIENCE_S) == "answer"
    assert (one.retries, one.budget_s) == (0, 60)


@pytest.mark.usefixtures("_no_delay")
async def test_rows_whose_time_runs_out_during_an_outage_go_back() -> None:
    """Red when they are degraded: the chunk is to be handed back, and worked on when the provider is there."""
    provider, gate = Provider(), Gate("groq")
    for _ in range(FAILURES_TO_OPEN):
        gate.failed(probe=False)
    (wait,) = gate.waits
    assert (wait.account, wait.reason) == ("groq", "not_answering")
    with pytest.raises(OutOfTime):
        await row(seconds=0.2).ask(provider, gate)
    assert provider.calls == 0


@pytest.mark.usefixtures("_no_delay")
async def test_nonsense_is_an_answer_of_somebody_who_is_there() -> None:
    """Red when unreadable answers to some rows stop all the others."""
    gate = Gate("groq")

    async def nonsense() -> str:
        raise BadAnswer("groq", "no JSON")

    for _ in range(4):
        with pytest.raises(BadAnswer):
            await row().ask(nonsense, gate)
    assert not gate.breaker.is_open


def test_one_row_alone_never_makes_an_account_out_by_nonsense() -> None:
    """A row makes at most three calls to an account at the same time. Red when one row's tries are enough."""
    assert 3 * MOST_TRIES < MOST_NONSENSE


@pytest.mark.usefixtures("_no_delay")
async def test_so_much_nonsense_in_a_row_is_no_accident() -> None:
    """Red when a good answer in between is forgotten, or what a row does without stops it."""
    gate = Gate("groq")

    async def nonsense() -> str:
        raise BadAnswer("groq", "no JSON")

    async def ask(*, does_without: bool = False) -> None:
        patience = Patience(time.monotonic() + PATIENCE_S, budget_s=60, does_without=does_without)
        await patience.ask(nonsense, gate)

    for times in (MOST_NONSENSE // MOST_TRIES - 1, MOST_NONSENSE // MOST_TRIES - 1):
        for _ in range(times):
            with pytest.raises(BadAnswer):
                await ask()
        await row().ask(Provider(down=False), gate)
    for _ in range(MOST_NONSENSE // MOST_TRIES - 1):
        with pytest.raises(BadAnswer):
            await ask()
    with pytest.raises(Nonsense):
        await ask()
    with pytest.raises(BadAnswer):
        await ask(does_without=True)
    with pytest.raises(Nonsense):
        await ask()


@pytest.mark.usefixtures("_no_delay")
async def test_a_cancelled_probe_lets_the_next_row_probe() -> None:
    """Red when `abandoned` is not said: every row of the process would wait for a task that is gone."""
    gate = quick(Gate("groq"))
    for _ in range(FAILURES_TO_OPEN):
        gate.failed(probe=False)
    asked = asyncio.Event()

    async def hangs() -> str:
        asked.set()
        await asyncio.Event().wait()
        return "never"

    probing = asyncio.create_task(row().ask(hangs, gate))
    await asyncio.wait_for(asked.wait(), PATIENCE_S)
    waiting = asyncio.create_task(row().ask(Provider(down=False), gate))
    await asyncio.sleep(0)
    probing.cancel()
    assert await asyncio.wait_for(waiting, PATIENCE_S) == "answer"
    await asyncio.gather(probing, return_exceptions=True)
