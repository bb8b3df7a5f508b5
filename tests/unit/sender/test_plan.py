"""The plan of a day: whom it may take, in which order, from which mailbox, and when."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.sender.domain.plan.laying_out import lay_out
from services.sender.domain.plan.quotas import MailboxQuota, follow_ups_first
from services.sender.domain.plan.terms import Assignment, Layout, Opening, Room, Share, Waiting

DAY = date(2027, 3, 1)
MIDNIGHT = datetime(2027, 3, 1, tzinfo=UTC)
NEXT_MIDNIGHT = MIDNIGHT + timedelta(days=1)
CALL = timedelta(seconds=40)
ONE, OTHER = UUID(int=1), UUID(int=2)
BOX, SPARE = UUID(int=11), UUID(int=12)


def hours(since: float, until: float) -> Opening:
    return MIDNIGHT + timedelta(hours=since), MIDNIGHT + timedelta(hours=until)


OFFICE = (hours(9, 17),)


def lead(position: int, *, campaign_id: UUID = ONE, **more: object) -> Waiting:
    who = Waiting(UUID(int=1000 * campaign_id.int + position), campaign_id, position, f"d{position}.example", OFFICE)
    return replace(who, **more)  # pyright: ignore[reportArgumentType] - each test names the field it is about


def planned(
    *waiting: Waiting, room: Room | None = None, shares: tuple[Share, ...] = (), since: datetime = MIDNIGHT
) -> Layout:
    return lay_out(
        waiting,
        shares=shares or (Share(ONE, room=1000, mailbox_ids=(BOX,)),),
        room=room or Room(slots=400, mailboxes={BOX: None}),
        day=DAY,
        since=since,
        until=NEXT_MIDNIGHT,
        call=CALL,
    )


def positions(layout: Layout) -> list[int]:
    return [given_.waiting.position for given_ in layout.assignments]


def test_the_lowest_positions_come_first_and_hand_down() -> None:
    """Red when a lead that cannot be sent today costs a slot, or when the order of the list is lost."""
    layout = planned(*(lead(n) for n in (5, 4, 3, 1)), lead(2, openings=()), room=Room(slots=3, mailboxes={BOX: None}))
    assert positions(layout) == [1, 3, 4]
    assert layout.passed_over == {lead(2).key: "window_closed_today", lead(5).key: "workspace_quota"}


def test_follow_ups_come_first_up_to_their_part_then_what_missed_its_window() -> None:
    """Red when follow-ups take the whole day from first mails, or when carried-over leads queue behind the others."""
    follow_ups = [lead(n, step=2, not_before=MIDNIGHT - timedelta(days=n)) for n in (10, 11, 12)]
    layout = planned(
        lead(1), lead(2), lead(3, missed=True), *follow_ups, room=Room(slots=4, mailboxes={BOX: None}, follow_ups=2)
    )
    assert positions(layout) == [12, 11, 3, 1]


def test_follow_ups_take_what_first_mails_leave_over() -> None:
    """Red when the part of follow-ups is a cap: slots would lie idle."""
    room = Room(slots=4, mailboxes={BOX: None}, follow_ups=1)
    layout = planned(lead(1), *(lead(n, step=2) for n in (2, 3, 4, 5)), room=room)
    assert positions(layout) == [2, 1, 3, 4]
    assert layout.room.follow_ups == 0


def test_campaigns_share_by_weight_over_the_whole_day() -> None:
    """Red when weights are ignored, or when what a campaign has had this morning is forgotten at noon."""
    shares = (Share(ONE, room=1000, mailbox_ids=(BOX,), weight=3), Share(OTHER, room=1000, mailbox_ids=(BOX,)))
    both = [lead(n, campaign_id=name) for name in (ONE, OTHER) for n in range(1, 301)]
    morning = planned(*both, shares=shares, room=Room(slots=40, mailboxes={BOX: None}))
    assert Counter(a.waiting.campaign_id for a in morning.assignments) == {ONE: 30, OTHER: 10}
    uneven = (replace(shares[0], taken=60), replace(shares[1], taken=0))
    noon = planned(*both, shares=uneven, room=Room(slots=40, mailboxes={BOX: None}))
    assert Counter(a.waiting.campaign_id for a in noon.assignments) == {ONE: 15, OTHER: 25}


def test_a_campaign_keeps_its_own_quota_and_others_take_the_rest() -> None:
    """Red when the smallest quota does not win, or when what one may not take is lost."""
    shares = (Share(ONE, room=2, mailbox_ids=(BOX,)), Share(OTHER, room=99, mailbox_ids=(BOX,)))
    layout = planned(
        *(lead(n, campaign_id=name) for name in (ONE, OTHER) for n in range(1, 9)),
        shares=shares,
        room=Room(slots=8, mailboxes={BOX: None}),
    )
    assert Counter(a.waiting.campaign_id for a in layout.assignments) == {ONE: 2, OTHER: 6}
    assert layout.passed_over[lead(3).key] in {"campaign_quota", "workspace_quota"}


def test_a_lead_stays_with_its_mailbox_and_new_leads_go_where_there_is_room() -> None:
    """Red when a lead that was written to hears from another mailbox, or when one mailbox gets all new leads."""
    shares = (Share(ONE, room=99, mailbox_ids=(BOX, SPARE)),)
    room = Room(slots=10, mailboxes={BOX: 3, SPARE: 2})
    layout = planned(lead(1, mailbox_id=SPARE), *(lead(n) for n in range(2, 9)), shares=shares, room=room)
    assert Counter(a.mailbox_id for a in layout.assignments) == {BOX: 3, SPARE: 2}
    assert layout.assignments[0].mailbox_id == SPARE
    assert layout.passed_over[lead(8).key] == "mailbox_quota"
    gone = planned(lead(1, mailbox_id=UUID(int=99)), shares=shares, room=room)
    assert gone.passed_over == {lead(1).key: "mailbox_unusable"}


def test_mailboxes_without_a_limit_take_turns() -> None:
    """Red when the first mailbox sends everything."""
    shares = (Share(ONE, room=99, mailbox_ids=(BOX, SPARE)),)
    layout = planned(*(lead(n) for n in range(10)), shares=shares, room=Room(10, {BOX: None, SPARE: None}))
    assert Counter(a.mailbox_id for a in layout.assignments) == {BOX: 5, SPARE: 5}


def test_a_domain_gets_no_more_than_its_limit_and_the_next_in_the_list_goes_instead() -> None:
    """Red when one company's whole staff hears from us on a day, counting what it has had already."""
    same = [lead(n, domain="big.example") for n in range(1, 6)]
    room = Room(slots=9, mailboxes={BOX: None}, domains={"big.example": 1}, domain_quota=3)
    layout = planned(*same, lead(6), room=room)
    assert positions(layout) == [1, 2, 6]
    assert layout.passed_over[same[-1].key] == "domain_quota"


def test_mails_spread_evenly_over_the_hours_that_are_left() -> None:
    """Red when they leave in a burst at nine, or when the jitter of one reaches into the part of the next."""
    at_noon = MIDNIGHT + timedelta(hours=12)
    layout = planned(*(lead(n) for n in range(100)), since=at_noon)
    part = (timedelta(hours=5) - CALL) / 100
    for place, assignment in enumerate(layout.assignments):
        assert at_noon + part * place <= assignment.due_at <= at_noon + part * (place + 1)


def test_the_jitter_is_the_same_at_every_planning_of_a_day() -> None:
    """Red when it is random: the forecast would say another hour than the plan."""
    assert planned(lead(1)).assignments == planned(lead(1)).assignments
    assert planned(lead(1)).assignments[0].due_at != planned(lead(2)).assignments[0].due_at


def test_who_has_no_working_hours_is_sent_at_once() -> None:
    """Red when a campaign at any hour waits for an hour of the day."""
    always = ((MIDNIGHT, NEXT_MIDNIGHT),)
    layout = planned(*(lead(n, openings=always, at_once=True) for n in range(5)), since=MIDNIGHT + timedelta(hours=3))
    assert {a.due_at for a in layout.assignments} == {MIDNIGHT + timedelta(hours=3)}


def test_a_late_start_plans_only_what_still_fits() -> None:
    """Red when a call may begin that ends after the window."""
    last = MIDNIGHT + timedelta(hours=17) - CALL
    assert planned(lead(1), since=last).assignments[0].due_at == last
    late = planned(lead(1), since=last + timedelta(seconds=1))
    assert late.passed_over == {lead(1).key: "window_closed_today"}


def test_several_openings_of_a_day_are_one_stretch_of_time() -> None:
    """Red when only the first opening is used, or when a mail falls into the gap."""
    twice = (hours(0, 2), hours(20, 24))
    layout = planned(*(lead(n, openings=twice) for n in range(60)))
    early = [a for a in layout.assignments if a.due_at < MIDNIGHT + timedelta(hours=2)]
    assert 18 <= len(early) <= 22
    assert all(a.closes_at in {twice[0][1], twice[1][1]} and a.due_at + CALL <= a.closes_at for a in layout.assignments)


def test_a_ramp_rises_day_by_day_to_the_quota() -> None:
    """Red when a new mailbox starts at its full quota, or ever exceeds it."""
    quota = MailboxQuota(50, ramp_from=10, ramp_step=15, ramp_started=DAY)
    assert [quota.on(DAY + timedelta(days=n)) for n in (-1, 0, 1, 2, 3, 9)] == [0, 10, 25, 40, 50, 50]
    assert MailboxQuota(None).on(DAY) is None
    assert MailboxQuota(None, 10, 15, DAY).on(DAY + timedelta(days=9)) == 145


@pytest.mark.parametrize(("quota", "share", "first"), [(400, 50, 200), (3, 50, 1), (400, 0, 0), (7, 100, 7)])
def test_the_part_of_follow_ups_is_a_percentage(quota: int, share: int, first: int) -> None:
    """Red when it is rounded up: with a share of 50 and a quota of 1, no first mail would ever leave."""
    assert follow_ups_first(quota, share) == first


OPENINGS = st.lists(st.integers(0, 96), min_size=0, max_size=4, unique=True).map(
    lambda ends: tuple(hours(a / 4, b / 4) for a, b in zip(sorted(ends)[::2], sorted(ends)[1::2], strict=False))
)
WAITING = st.lists(
    st.tuples(
        st.sampled_from((ONE, OTHER)),
        st.integers(1, 3),
        st.sampled_from(("a.example", "b.example", "c.example")),
        OPENINGS,
        st.booleans(),
        st.sampled_from((None, None, BOX, SPARE)),
        st.one_of(st.none(), st.integers(0, 30).map(lambda h: MIDNIGHT + timedelta(hours=h))),
    ),
    max_size=30,
).map(
    lambda rows: [
        Waiting(UUID(int=100 + n), c, n, d, o, step=s, missed=m, mailbox_id=b, not_before=t)
        for n, (c, s, d, o, m, b, t) in enumerate(rows)
    ]
)
ROOMS = st.builds(
    Room,
    slots=st.integers(0, 20),
    mailboxes=st.fixed_dictionaries(
        {}, optional={BOX: st.one_of(st.none(), st.integers(0, 9)), SPARE: st.one_of(st.none(), st.integers(0, 9))}
    ),
    follow_ups=st.integers(0, 10),
    domains=st.fixed_dictionaries({}, optional={"a.example": st.integers(0, 4)}),
    domain_quota=st.one_of(st.none(), st.integers(1, 6)),
)


@given(waiting=WAITING, room=ROOMS, rooms=st.tuples(st.integers(0, 12), st.integers(0, 12)), hour=st.integers(0, 23))
def test_no_plan_breaks_a_limit_and_none_leaves_a_slot_lying_that_somebody_could_use(
    waiting: list[Waiting], room: Room, rooms: tuple[int, int], hour: int
) -> None:
    """Against the limits written down once more. Red when any quota is exceeded, anybody is planned twice or outside the
    hours, or anybody is passed over who could be added to the finished plan."""
    since = MIDNIGHT + timedelta(hours=hour)
    shares = (Share(ONE, rooms[0], (BOX, SPARE)), Share(OTHER, rooms[1], (BOX,), weight=2))
    layout = planned(*waiting, room=room, shares=shares, since=since)
    plan = layout.assignments
    assert len({a.waiting.key for a in plan}) == len(plan)
    assert {a.waiting.key for a in plan} | set(layout.passed_over) == {who.key for who in waiting}
    assert _within_limits(plan, room=room, shares=shares)
    assert layout.room.slots == room.slots - len(plan)
    for assignment in plan:
        assert _in_hours(assignment, since)
    for who in (who for who in waiting if who.key in layout.passed_over):
        for mailbox_id in (BOX, SPARE):
            more = Assignment(who, mailbox_id, since, since)
            could = _has_time(who, since) and _within_limits((*plan, more), room=room, shares=shares)
            assert not could, layout.passed_over[who.key]


def _within_limits(plan: tuple[Assignment, ...], *, room: Room, shares: tuple[Share, ...]) -> bool:
    by_mailbox = Counter(a.mailbox_id for a in plan)
    by_campaign = Counter(a.waiting.campaign_id for a in plan)
    by_domain = Counter(room.domains) + Counter(a.waiting.domain for a in plan)
    touched = {a.waiting.domain for a in plan}
    allowed = {share.campaign_id: share.mailbox_ids for share in shares}
    return (
        len(plan) <= room.slots
        and all(box in room.mailboxes for box in by_mailbox)
        and all(by_mailbox[box] <= limit for box, limit in room.mailboxes.items() if limit is not None)
        and all(by_campaign[share.campaign_id] <= share.room for share in shares)
        and (room.domain_quota is None or all(by_domain[name] <= room.domain_quota for name in touched))
        and all(a.mailbox_id == (a.waiting.mailbox_id or a.mailbox_id) for a in plan)
        and all(a.waiting.mailbox_id or a.mailbox_id in allowed[a.waiting.campaign_id] for a in plan)
    )


def _has_time(who: Waiting, since: datetime) -> bool:
    since = max(since, who.not_before or since)
    return any(max(since, opens) + CALL <= closes for opens, closes in who.openings)


def _in_hours(assignment: Assignment, since: datetime) -> bool:
    who = assignment.waiting
    return assignment.due_at >= max(since, who.not_before or since) and any(
        opens <= assignment.due_at and assignment.due_at + CALL <= closes == assignment.closes_at
        for opens, closes in who.openings
    )
