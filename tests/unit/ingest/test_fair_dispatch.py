"""Deficit round robin within the window."""

from collections import Counter
from dataclasses import replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.fairness import QUANTUM_ROWS, Outlook, Turns, Waiting, plan_round


def uid(number: int) -> UUID:
    return UUID(int=number)


def chunks_of(tenant: int, job: int, sizes: list[int]) -> list[Waiting]:
    return [Waiting(uid(tenant), uid(1000 * tenant + job), number, rows) for number, rows in enumerate(sizes)]


demands = st.lists(
    st.tuples(st.integers(1, 4), st.integers(1, 3), st.lists(st.integers(1, 50), min_size=1, max_size=12)),
    min_size=1,
    max_size=8,
    unique_by=lambda demand: demand[:2],
)


def waiting_of(demand: list[tuple[int, int, list[int]]]) -> list[Waiting]:
    return [chunk for tenant, job, sizes in demand for chunk in chunks_of(tenant, job, sizes)]


@given(demand=demands, free=st.integers(0, 400), under_way=st.integers(0, 400))
def test_a_round_never_exceeds_the_window(demand: list[tuple[int, int, list[int]]], free: int, under_way: int) -> None:
    """Red when the window is not looked at. Only the very first chunk, with nothing under way, may exceed it."""
    plan = plan_round(waiting_of(demand), turns=Turns(), free_rows=free, under_way=under_way)
    total = sum(chunk.rows for chunk in plan.chunks)
    assert total <= free or (not under_way and len(plan.chunks) == 1)
    assert len(set(plan.chunks)) == len(plan.chunks)


@given(demand=demands)
def test_with_room_enough_everything_goes_out(demand: list[tuple[int, int, list[int]]]) -> None:
    """Red when a chunk is forgotten, or goes out twice."""
    waiting = waiting_of(demand)
    plan = plan_round(waiting, turns=Turns(), free_rows=10**6, under_way=0)
    assert Counter(plan.chunks) == Counter(waiting)


@given(demand=demands)
def test_each_job_keeps_the_order_of_its_chunks(demand: list[tuple[int, int, list[int]]]) -> None:
    """The first rows of a sheet come first."""
    plan = plan_round(waiting_of(demand), turns=Turns(), free_rows=10**6, under_way=0)
    for job_id in {chunk.job_id for chunk in plan.chunks}:
        numbers = [chunk.chunk_no for chunk in plan.chunks if chunk.job_id == job_id]
        assert numbers == sorted(numbers)


@given(
    sizes=st.lists(st.integers(1, 50), min_size=30, max_size=60), tenants=st.integers(2, 5), rounds=st.integers(5, 40)
)
def test_tenants_with_work_get_equal_rows_even_when_the_window_opens_by_one_chunk(
    sizes: list[int], tenants: int, rounds: int
) -> None:
    """Red when whose turn it is is not kept between rounds (P7): then the first tenant takes every slot."""
    left = {tenant: chunks_of(tenant, 1, sizes) for tenant in range(1, tenants + 1)}
    served: Counter[UUID] = Counter()
    turns = Turns()
    for _ in range(rounds):
        waiting = [chunk for queue in left.values() for chunk in queue]
        if any(not queue for queue in left.values()):
            break
        plan = plan_round(waiting, turns=turns, free_rows=50, under_way=100)
        turns = plan.turns
        for chunk in plan.chunks:
            served[chunk.workspace_id] += chunk.rows
            left[chunk.workspace_id.int].remove(chunk)
    got = [served[uid(tenant)] for tenant in range(1, tenants + 1)]
    assert max(got) - min(got) <= 2 * QUANTUM_ROWS + 50


def test_a_small_list_does_not_wait_behind_a_large_one() -> None:
    """Red when chunks go out in the order of their jobs (P7)."""
    waiting = chunks_of(1, 1, [50] * 64) + chunks_of(2, 1, [50])
    plan = plan_round(waiting, turns=Turns(), free_rows=100, under_way=0)
    assert {chunk.workspace_id for chunk in plan.chunks} == {uid(1), uid(2)}


def test_a_tenant_with_many_jobs_gets_no_more_than_one_with_a_single_job() -> None:
    """Red when turns are taken by job and not by tenant first (P7)."""
    waiting = [c for job in range(1, 9) for c in chunks_of(1, job, [50] * 8)] + chunks_of(2, 1, [50] * 8)
    plan = plan_round(waiting, turns=Turns(), free_rows=400, under_way=0)
    assert Counter(chunk.workspace_id for chunk in plan.chunks) == {uid(1): 4, uid(2): 4}
    assert len({chunk.job_id for chunk in plan.chunks}) == 5


def test_a_window_smaller_than_a_chunk_still_lets_one_out() -> None:
    """Red when a small window stops the work for ever; and with something under way it waits."""
    waiting = chunks_of(1, 1, [50, 50])
    assert len(plan_round(waiting, turns=Turns(), free_rows=15, under_way=0).chunks) == 1
    assert plan_round(waiting, turns=Turns(), free_rows=15, under_way=50).chunks == ()


def at_work(tenants: int) -> Turns:
    """Whose turn it is when so many tenants have been served for a while and all have more."""
    waiting = [chunk for tenant in range(1, tenants + 1) for chunk in chunks_of(tenant, 1, [50] * 20)]
    return plan_round(waiting, turns=Turns(), free_rows=50 * tenants * 2, under_way=0).turns


def test_who_comes_with_a_short_list_is_served_before_those_who_have_been_at_it() -> None:
    """Red when a newcomer takes its place at the end: it would wait for a quantum of every other tenant (P7)."""
    waiting = [c for tenant in range(1, 11) for c in chunks_of(tenant, 1, [50] * 20)] + chunks_of(11, 1, [20])
    plan = plan_round(waiting, turns=at_work(10), free_rows=100, under_way=300)
    assert plan.chunks[0].workspace_id == uid(11)
    assert len(plan.chunks) == 2


def test_a_tenant_that_trickles_short_lists_is_not_always_first() -> None:
    """Red when a seat is given up as soon as it is empty: a tenant with one short list at a time would always be a newcomer."""
    turns, served = at_work(4), Counter[UUID]()
    left = {tenant: chunks_of(tenant, 1, [50] * 60) for tenant in range(1, 5)}
    for round_no in range(100):
        waiting = [chunk for queue in left.values() for chunk in queue]
        waiting.append(Waiting(uid(9), uid(9000 + round_no), 0, 50))
        plan = plan_round(waiting, turns=turns, free_rows=50, under_way=300)
        turns = plan.turns
        for chunk in plan.chunks:
            served[chunk.workspace_id] += chunk.rows
            if chunk in left.get(chunk.workspace_id.int, []):
                left[chunk.workspace_id.int].remove(chunk)
    assert served[uid(9)] <= 100 * 50 / 5 + 2 * QUANTUM_ROWS


def test_what_is_urgent_goes_first_beside_the_turns_and_takes_room() -> None:
    """Red when a trial waits for a turn or for room, moves whose turn it is, or lets a window grow by what it took."""
    lists = chunks_of(1, 1, [50, 50])
    trial = Waiting(uid(9), uid(9001), 0, 3, urgent=True)
    plan = plan_round([*lists, trial], turns=Turns(), free_rows=52, under_way=10)
    assert plan.chunks == (trial,), "three rows are gone from the 52"
    assert plan_round([trial], turns=Turns(), free_rows=0, under_way=500).chunks == (trial,)
    both = plan_round([*lists, trial], turns=Turns(), free_rows=53, under_way=10)
    assert both.chunks == (trial, lists[0])
    assert both.turns == plan_round(lists, turns=Turns(), free_rows=50, under_way=10).turns


@given(demand=demands, window=st.integers(0, 400), under_way=st.integers(0, 400), special=st.booleans())
def test_no_round_is_left_out_that_would_send_a_chunk(
    demand: list[tuple[int, int, list[int]]], window: int, under_way: int, special: bool
) -> None:
    """The look before a round may err to one side only. Red when it leaves out what fits, or what is urgent."""
    waiting = [replace(chunk, urgent=special and chunk.job_id == uid(1001)) for chunk in waiting_of(demand)]
    may_go = [chunk for chunk in waiting if chunk.urgent] if under_way >= window else waiting
    free = max(window - under_way, 0)
    sends = window > 0 and plan_round(may_go, turns=Turns(), free_rows=free, under_way=under_way).chunks

    outlook = Outlook(
        expired=False,
        fewest_rows=min(chunk.rows for chunk in waiting),
        special=any(chunk.urgent for chunk in waiting),
        under_way=under_way,
    )

    assert outlook.promises(window=window) or not sends


def test_a_claim_that_has_run_out_makes_a_round() -> None:
    """Its chunk is pending in no other way. Red when a look leaves it out because nothing else is due."""
    assert Outlook(expired=True, fewest_rows=None, special=False, under_way=400).promises(window=0)
    assert not Outlook(expired=False, fewest_rows=None, special=False, under_way=0).promises(window=400)
    assert not Outlook(expired=False, fewest_rows=50, special=False, under_way=360).promises(window=400)
