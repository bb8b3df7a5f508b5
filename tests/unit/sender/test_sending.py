"""What may be sent, and what an answer means, without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from services.sender.domain.sending import (
    MAX_DEFERRALS,
    Accepted,
    Deferred,
    Drop,
    Facts,
    GiveBack,
    Go,
    NotCalled,
    Outcome,
    Refused,
    SendTiming,
    Unknown,
    backoff,
    decide,
    record_of,
)

NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)
TIMING = SendTiming(call_deadline_s=10, provider_timeout_s=30, sending_lease_s=60, claim_lease_s=120)
FINE: dict[str, object] = {
    "suppressed": False,
    "enrolment_active": True,
    "campaign_active": True,
    "mailbox_active": True,
    "sandboxed_lead": False,
    "sandboxed_mailbox": False,
    "already_sent": False,
    "earlier_open": False,
    "window_open": True,
    "day_ends_at": NOW + timedelta(hours=1),
}


def test_nothing_in_the_way_means_go() -> None:
    assert decide(Facts(**FINE), now=NOW, timing=TIMING) == Go()  # pyright: ignore[reportArgumentType] - typed above


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"suppressed": True}, Drop("suppressed", "suppressed")),
        ({"enrolment_active": False}, Drop("cancelled", "enrolment_ended")),
        ({"sandboxed_lead": True}, Drop("cancelled", "sandboxed_row")),
        ({"already_sent": True}, Drop("cancelled", "already_sent")),
        ({"campaign_active": False}, GiveBack("campaign_paused")),
        ({"mailbox_active": False}, GiveBack("mailbox_paused")),
        ({"earlier_open": True}, GiveBack("earlier_step_open")),
        ({"window_open": False}, GiveBack("window_closed")),
        ({"day_ends_at": None}, GiveBack("day_over")),
        ({"day_ends_at": NOW + timedelta(seconds=39.9)}, GiveBack("day_over")),
        ({"day_ends_at": NOW + timedelta(seconds=40)}, Go()),
        ({"sandboxed_lead": True, "sandboxed_mailbox": True}, Go()),
        ({"suppressed": True, "campaign_active": False}, Drop("suppressed", "suppressed")),
    ],
)
def test_each_reason_against_a_send_is_heard(change: dict[str, object], verdict: object) -> None:
    """Red when any of re_suppress, re_stop, re_pause, re_window, P3 or P9 leaves `decide`."""
    facts = Facts(**{**FINE, **change})  # pyright: ignore[reportArgumentType] - typed above
    assert decide(facts, now=NOW, timing=TIMING) == verdict


@pytest.mark.parametrize(
    ("outcome", "state", "slot_back"),
    [
        (Accepted("250"), "sent", False),
        (Unknown("lost"), "unknown", False),
        (Refused("550"), "failed", True),
        (Deferred("451"), "deferred", True),
        (NotCalled(), "deferred", True),
    ],
)
def test_a_slot_comes_back_only_on_proven_non_acceptance(outcome: Outcome, state: str, slot_back: bool) -> None:
    """Rule unknown_keeps: red when Unknown gives its slot back."""
    record = record_of(outcome, attempts=1, deferrals=0, now=NOW)
    assert (record.state, record.slot_back) == (state, slot_back)


def test_a_recipient_that_is_always_deferred_fails_in_the_end() -> None:
    deferrals = 0
    for attempts in range(1, MAX_DEFERRALS):
        record = record_of(Deferred("451"), attempts=attempts, deferrals=deferrals, now=NOW)
        assert record.state == "deferred"
        deferrals = record.deferrals
    assert record_of(Deferred("451"), attempts=MAX_DEFERRALS, deferrals=deferrals, now=NOW).state == "failed"


@pytest.mark.parametrize("outcome", [Deferred("421", mailbox=True), NotCalled()])
def test_nobody_is_given_up_for_our_own_trouble(outcome: Outcome) -> None:
    """Red when a call that the mailbox or we did not make counts against its recipient."""
    before = MAX_DEFERRALS - 1
    record = record_of(outcome, attempts=100, deferrals=before, now=NOW)
    assert (record.state, record.deferrals) == ("deferred", before)


def test_waits_grow_to_four_hours() -> None:
    waits = [backoff(n) for n in range(1, 12)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(minutes=1), timedelta(hours=4))
