"""What Groq says of its limits, in its own words: learned when it matters, and for what it is."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from services.enrich.clients.gate import Gate, LimitedBy
from services.enrich.clients.limit_headers import hear_headers, hear_refusal
from services.enrich.domain.limits import Limits

REFUSAL = (
    "Rate limit reached for model `openai/gpt-oss-20b` in organization `org_1` service tier `on_demand` on {}: "
    "Limit {}, Used 7900, Requested 412. Please try again in 2.34s. Need more tokens? (HTTP 429)"
)


@dataclass
class Told:
    limits: list[tuple[Limits, int]] = field(default_factory=list[tuple[Limits, int]])

    def heard_limits(self, gate: Gate, limits: Limits, *, used_tokens: int) -> None:
        assert gate.account == "groq"
        self.limits.append((limits, used_tokens))

    def heard_shut(self, gate: Gate, *, seconds: float, by: LimitedBy | None) -> None:
        raise AssertionError((gate, seconds, by))


def make() -> tuple[Gate, Told]:
    gate, told = Gate("groq", "openai/gpt-oss-20b"), Told()
    gate.told = told
    return gate, told


def headers(*, tokens_left: str = "8000", requests_left: str = "1000") -> dict[str, str]:
    return {
        "x-ratelimit-limit-requests": "1000",
        "x-ratelimit-limit-tokens": "8000",
        "x-ratelimit-remaining-requests": requests_left,
        "x-ratelimit-remaining-tokens": tokens_left,
    }


def test_far_from_a_limit_nothing_is_learned() -> None:
    """Red when every answer has the database asked before the next call."""
    gate, told = make()
    hear_headers(gate, headers(tokens_left="4000", requests_left="500"))
    hear_headers(gate, {})
    hear_headers(gate, headers(tokens_left="soon", requests_left=""))
    assert told.limits == []


def test_near_it_tokens_are_of_the_minute_and_requests_of_the_day() -> None:
    """As Groq's documentation has it. Red when a day's thousand requests are taken for a minute's."""
    gate, told = make()
    hear_headers(gate, headers(tokens_left="3999"))
    hear_headers(gate, headers(requests_left="499"))
    assert told.limits == [(Limits(tokens_per_minute=8000), 4001), (Limits(requests_per_day=1000), 0)]


@pytest.mark.parametrize(
    ("unit", "limit", "by", "learned"),
    [
        ("requests per minute (RPM)", 30, "requests", Limits(requests_per_minute=30)),
        ("tokens per minute (TPM)", 8000, "tokens", Limits(tokens_per_minute=8000)),
        ("requests per day (RPD)", 1000, "requests", Limits(requests_per_day=1000)),
        ("tokens per day (TPD)", 200_000, "tokens", Limits(tokens_per_day=200_000)),
    ],
)
def test_a_refusal_names_the_limit(unit: str, limit: int, by: str, learned: Limits) -> None:
    """Red when a limit that is only said in words is run into again and again."""
    gate, told = make()
    assert hear_refusal(gate, REFUSAL.format(unit, limit)) == by
    assert [limits for limits, _ in told.limits] == [learned]


def test_other_words_are_no_limit() -> None:
    gate, told = make()
    assert hear_refusal(gate, "Too many requests (HTTP 429)") is None
    assert told.limits == []


def test_tokens_are_guessed_by_what_calls_of_the_kind_have_taken() -> None:
    """Red when each kind of call is reserved what the other takes, or the guess never gets better."""
    gate, _ = make()
    assert gate.guess("line", 1000) == 1000
    for _ in range(30):
        gate.spent("line", raw=1000, reserved=1000, used=400)
    assert gate.guess("line", 1000) == 400
    assert gate.guess("company", 1000) == 1000
    gate.spent("line", raw=1000, reserved=400, used=1400)
    assert 400 < gate.guess("line", 1000) < 600
