"""The pace under a limit against a referee who counts arrivals in sliding windows; and who stands back of a shared day."""

from __future__ import annotations

import itertools
from collections import deque
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.enrich.domain.day_shares import WAITS_S, DayUse, kept_back_s
from services.enrich.domain.limits import (
    BLOCK_S,
    NO_LIMITS,
    SLACK_S,
    TRAVEL_S,
    VALID_S,
    WINDOW_S,
    Cost,
    Limits,
    Pace,
)
from tests.support.limit_line import Line, booked, slot

A, B = UUID(int=1), UUID(int=2)


def most_in_a_window(arrivals: list[tuple[float, int]]) -> int:
    """What the referee counts: the most that ever lies within one minute, its beginning not included."""
    most, inside, window = 0, 0, deque[tuple[float, int]]()
    for at, number in sorted(arrivals):
        window.append((at, number))
        inside += number
        while window[0][0] <= at - WINDOW_S + 1e-6:
            inside -= window.popleft()[1]
        most = max(most, inside)
    return most


@given(st.integers(1, 900), st.integers(0, 120), st.lists(st.floats(0, 5), max_size=5), st.floats(0, 100))
def test_no_window_ever_holds_more_requests_than_the_limit(
    limit: int, late_ones: int, pauses: list[float], shut_until: float
) -> None:
    """The first ones come as late as they can, all others as early: what fills a window the most. Red when the block, the
    time a grant holds or the way is left out of the pace."""
    pace, line, now = Pace(Limits(requests_per_minute=limit)), Line(shut_until=shut_until), 0.0
    cost = Cost(pace.calls_at_once * pace.request_s, 0.0)
    arrivals = list[tuple[float, int]]()
    for nth in range(late_ones + 2 * limit // pace.calls_at_once + 3):
        now += pauses[nth] if nth < len(pauses) else 0.0
        at = slot(line, cost, now=now)
        line = booked(line, cost, at=at)
        arrivals.append((at + (VALID_S + TRAVEL_S if nth < late_ones else 0.0), pace.calls_at_once))
    assert most_in_a_window(arrivals) <= limit


@given(st.integers(1_000, 20_000), st.lists(st.integers(1, 400), min_size=1, max_size=200), st.floats(0, 1))
def test_no_window_holds_more_tokens_than_the_limit_but_for_what_calls_differ(
    limit: int, sizes: list[int], late: float
) -> None:
    """Calls of one size never exceed it. Red when a call's own tokens are left out of its pace."""
    pace, line = Pace(Limits(tokens_per_minute=limit)), Line()
    arrivals = list[tuple[float, int]]()
    for nth, size in enumerate(itertools.islice(itertools.cycle(sizes), 400)):
        cost = Cost(0.0, pace.tokens_s(size))
        at = slot(line, cost, now=0.0)
        line = booked(line, cost, at=at)
        arrivals.append((at + (nth % 2) * late * (VALID_S + TRAVEL_S), size))
    assert most_in_a_window(arrivals) <= limit + max(sizes) - min(sizes)


@given(st.integers(1, 100_000))
def test_the_pace_leaves_less_than_a_twentieth_unused(limit: int) -> None:
    """Red when the slack grows so far that the limit is not used."""
    assert WINDOW_S / (Pace(Limits(requests_per_minute=limit)).request_s * limit) >= 0.95


@given(st.integers(1, 1_000_000))
def test_one_decision_never_grants_more_than_its_block(limit: int) -> None:
    """Red when a replica that stops takes more than a moment of the limit with it."""
    pace = Pace(Limits(requests_per_minute=limit))
    assert pace.calls_at_once == 1 or pace.calls_at_once * pace.request_s <= BLOCK_S + 1e-9


def test_what_calls_took_more_or_less_than_was_reserved_moves_the_line() -> None:
    """Red when the line of tokens stands on guesses."""
    pace = Pace(Limits(tokens_per_minute=6000))
    line = booked(Line(), Cost(0.0, pace.tokens_s(1000)), at=0.0)
    late = slot(line, Cost(0.0, 1.0, correction_s=pace.tokens_s(500)), now=0.0)
    early = slot(line, Cost(0.0, 1.0, correction_s=-pace.tokens_s(500)), now=0.0)
    assert early < line.tokens_at < late


def test_nothing_is_limited_where_nothing_is_known() -> None:
    pace = Pace(NO_LIMITS)
    assert (pace.request_s, pace.tokens_s(5000), NO_LIMITS.any, NO_LIMITS.of_day) == (0.0, 0.0, False, False)
    assert slot(Line(requests_at=99), Cost(0.0, 0.0), now=1.0) == 1.0


def test_what_is_configured_stands_over_what_is_learned() -> None:
    told = Limits(requests_per_minute=30).over(Limits(requests_per_minute=60, tokens_per_minute=8000))
    assert told == Limits(requests_per_minute=30, tokens_per_minute=8000)


def test_the_slack_is_made_of_what_a_request_can_be_early_or_late() -> None:
    assert SLACK_S == BLOCK_S + VALID_S + TRAVEL_S


def use(tenant: UUID, requests: int, *, tokens: int = 0, ago: float = 0.0) -> DayUse:
    return DayUse(tenant, requests, tokens, ago)


def test_who_has_had_half_of_the_day_stands_back_until_nobody_has_asked_for_a_while() -> None:
    """Red when a tenant may take the whole day of a shared key while another waits."""
    limits = Limits(requests_per_day=1000)
    waiting = use(B, 1, ago=100)
    assert kept_back_s(A, [use(A, 499), waiting], limits) == 0
    assert kept_back_s(A, [use(A, 500), waiting], limits) == WAITS_S - 100
    assert kept_back_s(B, [use(A, 500), waiting], limits) == 0
    assert kept_back_s(A, [use(A, 500), use(B, 1, ago=WAITS_S)], limits) == 0
    assert kept_back_s(A, [use(A, 999)], limits) == 0


def test_half_of_the_tokens_counts_like_half_of_the_requests() -> None:
    """Red when a tenant with few long calls is not counted."""
    limits = Limits(requests_per_day=1000, tokens_per_day=10_000)
    assert kept_back_s(A, [use(A, 1, tokens=5000), use(B, 1)], limits) == WAITS_S


@given(st.lists(st.integers(0, 1), min_size=1, max_size=400))
def test_while_both_ask_neither_gets_more_than_half(turns: list[int]) -> None:
    """Red when the half is missed by more than the call that reaches it."""
    limits, used = Limits(requests_per_day=100), {A: 0, B: 0}
    for turn in turns:
        tenant = (A, B)[turn]
        if sum(used.values()) < 100 and kept_back_s(tenant, [use(A, used[A]), use(B, used[B])], limits) == 0:
            used[tenant] += 1
    assert max(used.values()) <= 50
