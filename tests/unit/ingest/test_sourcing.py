"""How a search is paged, whom it chooses, and which turns a sourcing takes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.errors import Invalid, RateLimited
from libs.common.ids import new_id
from services.ingest.domain.lead_search import (
    BATCH,
    MOST_PAGES,
    PER_PAGE,
    Candidate,
    Filters,
    Found,
    check_filters,
    check_wanted,
    choose,
    is_last,
    next_page,
)
from services.ingest.domain.search_allowance import SearchAllowance
from services.ingest.domain.sourcing import (
    TERMINAL,
    Sourcing,
    SourcingState,
    cancel,
    count_batch,
    count_page,
    decline,
    deliver,
    fail,
    park,
    place,
    resume,
    stumble,
    wait,
    wake,
)

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def sourcing(wanted: int = 25, *, credits_per_lead: int = 2, skip_known: bool = False) -> Sourcing:
    return Sourcing(
        id=new_id(),
        workspace_id=new_id(),
        user_id=new_id(),
        name="Leads",
        filters={},
        skip_known=skip_known,
        wanted=wanted,
        state=SourcingState.RESERVING,
        price_version=1,
        credits_per_lead=credits_per_lead,
        created_at=NOW,
        state_changed_at=NOW,
    )


def placed(wanted: int = 25) -> Sourcing:
    begun = place(sourcing(wanted), credits_held=2 * wanted, now=NOW)
    assert begun is not None
    return begun


def revealing(people: int = 25) -> Sourcing:
    return count_page(placed(people), people=people, matches=900, last=False, sandboxed=False, now=NOW)


def person(number: int, *, has_email: bool | None = True) -> Candidate:
    return Candidate(str(number), "Ann", "Le***e", "Buyer", "Acme", has_email)


def requests_for(wanted: int, *, matches: int) -> list[int]:
    """The offsets that are asked for, one after another, until there is no need for more."""
    offsets, people, pages = list[int](), 0, 0
    while True:
        asked = next_page(wanted=wanted, skip_known=False, pages=pages)
        offset = (asked.page - 1) * asked.per_page
        got = max(0, min(asked.per_page, matches - offset))
        offsets.append(offset)
        people, pages = people + min(got, wanted - people), pages + 1
        if people >= wanted or is_last(asked, got=got, total=matches):
            assert people == min(wanted, matches)
            return offsets


@pytest.mark.parametrize(
    ("wanted", "requests"), [(1, 1), (99, 1), (100, 1), (101, 2), (130, 2), (250, 3), (50_000, 500)]
)
def test_exactly_as_many_pages_are_asked_for_as_are_needed(wanted: int, requests: int) -> None:
    """Red when the size changes on the way: page 2 of 30 begins at 30, not at 100, and people come twice."""
    offsets = requests_for(wanted, matches=1_000_000)
    assert offsets == [PER_PAGE * n for n in range(requests)]


def test_a_search_ends_with_the_matches_or_with_what_apollo_shows() -> None:
    assert requests_for(250, matches=120) == [0, 100]
    assert requests_for(250, matches=100) == [0]
    assert requests_for(250, matches=0) == [0]
    assert len(requests_for(50_000, matches=49_950)) == MOST_PAGES


def test_more_than_apollo_shows_is_refused_with_the_reason() -> None:
    check_wanted(50_000)
    with pytest.raises(Invalid, match="50,000 records") as refused:
        check_wanted(50_001)
    assert refused.value.code == "too_many_leads"


def test_a_search_of_everybody_is_refused() -> None:
    with pytest.raises(Invalid, match="no filter"):
        check_filters(Filters())
    check_filters(Filters(keywords="pumps"))


@given(
    people=st.lists(st.tuples(st.integers(0, 30), st.sampled_from([True, False, None])), max_size=60),
    seen=st.frozensets(st.integers(0, 30)),
    known=st.frozensets(st.integers(0, 30)),
    needed=st.integers(0, 40),
)
def test_nobody_is_chosen_twice_nor_the_known_nor_those_without_an_address(
    people: list[tuple[int, bool | None]], seen: frozenset[int], known: frozenset[int], needed: int
) -> None:
    """Against a model: the first of each, in their order."""
    found = Found(tuple(person(number, has_email=has) for number, has in people), 1000)
    chosen = choose(found, needed=needed, seen=frozenset(map(str, seen)), known=frozenset(map(str, known)))
    wanted = list(dict.fromkeys(n for n, has in people if has is not False and n not in seen and n not in known))
    assert chosen == [str(number) for number in wanted[:needed]]


def test_a_sourcing_goes_from_its_hold_to_its_upload() -> None:
    """Red when a batch is left out or asked for twice."""
    one = placed(25)
    assert (one.state, one.credits_held, one.due_at) == (SourcingState.SEARCHING, 50, NOW)
    one = count_page(one, people=25, matches=900, last=False, sandboxed=True, now=NOW)
    for leads in (10, 8, 4):
        assert one.state is SourcingState.REVEALING
        one = count_batch(one, leads=leads, sandboxed=True, now=NOW)
    assert (one.state, one.leads, one.credits_total) == (SourcingState.DELIVERING, 22, 44)
    one = deliver(one, upload_id=one.id, now=NOW)
    assert (one.state, one.upload_id, one.finished_at, one.due_at) == (SourcingState.COMPLETED, one.id, NOW, None)


def test_no_match_and_no_address_are_ends_of_their_own() -> None:
    """Red when a search without a match waits for a batch that never comes."""
    nobody = count_page(placed(), people=0, matches=0, last=True, sandboxed=False, now=NOW)
    assert (nobody.state, nobody.reason) == (SourcingState.COMPLETED, "no_matches")
    without = count_batch(revealing(3), leads=0, sandboxed=False, now=NOW)
    assert (without.state, without.reason, without.credits_total) == (SourcingState.COMPLETED, "no_addresses", 0)


def test_a_short_wait_is_sat_out_and_a_long_one_parks() -> None:
    soon = wait(revealing(), until=NOW + timedelta(seconds=40), reason="apollo_minute_limit", message="m", now=NOW)
    assert (soon.state, soon.due_at, soon.failures) == (SourcingState.REVEALING, NOW + timedelta(seconds=40), 0)
    late = NOW + timedelta(hours=5)
    parked = wait(revealing(), until=late, reason="apollo_day_limit", message="m", now=NOW)
    assert (parked.state, parked.resume_at, parked.due_at) == (SourcingState.PARKED, late, late)
    again = resume(parked, now=late)
    assert again is not None
    assert (again.state, again.reason, again.resume_at) == (SourcingState.REVEALING, None, None)


def test_what_a_person_must_mend_is_not_tried_again_by_itself() -> None:
    parked = park(revealing(), reason="apollo_bad_key", message="Invalid access credentials.", now=NOW)
    assert (parked.state, parked.due_at, parked.message) == (SourcingState.PARKED, None, "Invalid access credentials.")


def test_failures_in_a_row_grow_rarer_and_then_park() -> None:
    """Red when a provider that is down is asked without a pause, or given up."""
    one, pauses = revealing(), list[float]()
    for _ in range(6):
        one = stumble(one, reason="apollo_down", message="m", now=NOW)
        assert one.due_at is not None
        pauses.append((one.due_at - NOW).total_seconds())
    assert pauses == [1, 2, 4, 8, 16, 600]
    assert one.state is SourcingState.PARKED


def test_whoever_is_down_for_long_is_asked_once_every_ten_minutes() -> None:
    """Red when the wait that is over starts the count anew: six calls every ten minutes, each of which Apollo may charge."""
    one = revealing()
    for _ in range(6):
        one = stumble(one, reason="apollo_bad_answer", message="m", now=NOW)
    woken = wake(one, now=NOW)
    assert woken is not None
    assert (woken.state, woken.due_at) == (SourcingState.REVEALING, NOW)
    again = stumble(woken, reason="apollo_bad_answer", message="m", now=NOW)
    assert (again.state, again.due_at) == (SourcingState.PARKED, NOW + timedelta(minutes=10))
    by_hand = resume(one, now=NOW)
    assert by_hand is not None
    assert by_hand.failures == 0


def test_a_cancelled_one_delivers_what_was_revealed() -> None:
    """Red when leads that have been charged are never handed over."""
    some = cancel(count_batch(revealing(), leads=7, sandboxed=False, now=NOW), now=NOW)
    assert some is not None
    assert (some.state, some.is_undelivered, some.due_at, some.credits_total) == (
        SourcingState.CANCELLED,
        True,
        NOW,
        14,
    )
    done = deliver(some, upload_id=some.id, now=NOW)
    assert (done.state, done.due_at, done.is_undelivered) == (SourcingState.CANCELLED, None, False)
    none = cancel(revealing(), now=NOW)
    assert none is not None
    assert (none.is_undelivered, none.due_at) == (False, None)


@pytest.mark.parametrize("state", list(SourcingState))
def test_what_has_ended_stays_as_it_is(state: SourcingState) -> None:
    """Red when a late hold or a second cancel moves an end."""
    one = replace(sourcing(), state=state)
    reserving = state is SourcingState.RESERVING
    assert (place(one, credits_held=50, now=NOW) is not None) == reserving
    assert (decline(one, available=1, now=NOW) is not None) == reserving
    assert (resume(one, now=NOW) is not None) == (state is SourcingState.PARKED)
    assert (cancel(one, now=NOW) is None) == (state in TERMINAL)
    assert (fail(one, reason="r", message="m", now=NOW) is None) == (state in TERMINAL)


@given(pages=st.lists(st.integers(0, 100), max_size=12), wanted=st.integers(1, 300), shares=st.randoms())
def test_credits_are_those_of_the_leads_and_never_above_the_hold(pages: list[int], wanted: int, shares: object) -> None:
    """Whatever pages bring and batches reveal. Red when a lead is charged that nobody asked for."""
    one = place(sourcing(wanted), credits_held=2 * wanted, now=NOW)
    assert one is not None
    rest = iter(pages)
    while one.state is SourcingState.SEARCHING:
        found = next(rest, None)
        people = min(found or 0, one.wanted - one.people)
        one = count_page(one, people=people, matches=900, last=found is None, sandboxed=False, now=NOW)
    while one.state is SourcingState.REVEALING:
        asked = min(BATCH, one.people - one.batches * BATCH)
        leads = shares.randint(0, asked)  # pyright: ignore[reportAttributeAccessIssue] - Hypothesis's Random
        one = count_batch(one, leads=leads, sandboxed=False, now=NOW)
    assert one.credits_total == 2 * one.leads <= 2 * one.people <= one.credits_held
    assert one.state in {SourcingState.DELIVERING, SourcingState.COMPLETED}
    assert one.asked == one.people


def test_a_workspace_that_looks_too_often_is_told_when_to_come_again() -> None:
    """Red when one workspace's looking stops another's."""
    allowance, mine, theirs = SearchAllowance(per_minute=2), new_id(), new_id()
    for _ in range(2):
        allowance.take(mine, now=NOW)
    with pytest.raises(RateLimited) as refused:
        allowance.take(mine, now=NOW + timedelta(seconds=20))
    assert refused.value.extra["retry_after_s"] == 40
    allowance.take(theirs, now=NOW)
    allowance.take(mine, now=NOW + timedelta(seconds=61))
