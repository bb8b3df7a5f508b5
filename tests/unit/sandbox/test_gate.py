"""The dials: each does what it says, at arrival, and the same in every run."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from deploy.sandbox.dials import Dials
from deploy.sandbox.gate import Gate, Verdict


def _gate(**serper: Any) -> tuple[Gate, Dials]:
    dials = Dials().turned({"serper": serper})
    gate = Gate("serper")
    gate.turn(dials)
    return gate, dials


def test_every_arrival_under_a_limit_is_kept_the_refused_ones_too() -> None:
    """Red when whoever looks whether a limit was kept sees only what was served."""
    gate, dials = _gate(rate_limit_per_minute=1)
    for at in (1.0, 2.0, 70.0):
        _ask(gate, dials, now=at)
    assert list(gate.arrived) == [1.0, 2.0, 70.0]
    gate.reset()
    assert not gate.arrived


def _ask(gate: Gate, dials: Dials, *, now: float = 0.0, body: bytes = b"q", key: bytes = b"k") -> Verdict:
    return gate.decide(dials, key=key, body=body, now=now)


def test_at_rest_everything_is_served_except_a_missing_key() -> None:
    gate, dials = _gate()
    assert _ask(gate, dials).kind == "serve"
    assert _ask(gate, dials, key=b"").kind == "unauthorized"


def test_a_minute_limit_slides_and_counts_each_key_at_arrival() -> None:
    gate, dials = _gate(rate_limit_per_minute=2)
    assert [_ask(gate, dials, now=at).kind for at in (0, 30, 59)] == ["serve", "serve", "minute"]
    assert _ask(gate, dials, now=59, key=b"other").kind == "serve"
    assert _ask(gate, dials, now=59).wait_s == pytest.approx(1)
    assert [_ask(gate, dials, now=at).kind for at in (60.5, 61, 89, 90.5)] == ["serve", "minute", "minute", "serve"]


def test_a_day_limit_counts_down_to_nothing() -> None:
    gate, dials = _gate(day_limit=2, day_resets_in_s=100)
    assert [_ask(gate, dials).kind for _ in range(4)] == ["serve", "serve", "day", "day"]
    assert dials.serper.day_limit == 0
    assert _ask(gate, dials).wait_s == 100


def test_the_next_failures_come_in_order_and_once() -> None:
    gate, dials = _gate(next_failures=[503, 429])
    assert [_ask(gate, dials).status for _ in range(3)] == [503, 429, 200]


def test_failures_hit_about_their_share_and_the_same_requests_in_every_run() -> None:
    def run(seed: int) -> list[str]:
        gate, dials = _gate(fail_rate=0.3)
        dials.seed = seed
        return [_ask(gate, dials, body=f"q{nth}".encode()).kind for nth in range(500)]

    assert run(1) == run(1)
    assert run(1) != run(2)
    assert 100 < run(1).count("fail") < 200


def test_a_retry_of_a_failed_request_gets_a_new_chance() -> None:
    gate, dials = _gate(fail_rate=0.5)
    assert {_ask(gate, dials).kind for _ in range(30)} == {"serve", "fail"}


def test_jitter_stays_within_its_bounds() -> None:
    gate, dials = _gate(latency_ms=300, latency_jitter_ms=100)
    delays = [_ask(gate, dials, body=f"q{nth}".encode()).delay_s for nth in range(200)]
    assert min(delays) < 0.25 < 0.35 < max(delays)
    assert all(0.2 <= delay <= 0.4 for delay in delays)


def test_dials_are_turned_one_by_one_and_unknown_ones_are_refused() -> None:
    dials = Dials().turned({"serper": {"latency_ms": 300}}).turned({"seed": 4, "groq": {"invent_facts": 1}})
    assert (dials.serper.latency_ms, dials.seed, dials.groq.invent_facts) == (300, 4, 1)
    for wrong in (
        {"serper": {"latency": 1}},
        {"bing": {}},
        {"groq": {"misquote": 2}},
        {"serper": {"next_failures": [200]}},
    ):
        with pytest.raises(ValidationError):
            dials.turned(wrong)
