"""What the headers of a limited request say."""

import pytest

from libs.common.errors import Conflict
from services.gateway.domain.members import Room, check_room_for_member
from services.gateway.domain.requests import MINUTE_S, Allowance


def test_a_bucket_says_how_many_more_it_holds_and_when_it_is_full() -> None:
    """Red when the rest is counted from the wrong end."""
    first = Allowance("free", 120, busy_s=0.5, granted=True)
    assert (first.remaining, first.reset_s) == (119, 1)
    last = Allowance("free", 120, busy_s=MINUTE_S, granted=True)
    assert (last.remaining, last.reset_s) == (0, MINUTE_S)


def test_a_refused_request_may_come_back_when_there_is_room_for_one() -> None:
    """Red when Retry-After is 0, or the time to a full bucket."""
    assert Allowance("free", 6, busy_s=55.0, granted=False).reset_s == 5
    assert Allowance("free", 120, busy_s=60.0, granted=False).reset_s == 1
    assert Allowance("none", 0, busy_s=60.0, granted=False).reset_s == MINUTE_S


@pytest.mark.parametrize(("members", "most"), [(1, None), (2, 3), (0, 1)])
def test_there_is_room_for_a_member_below_the_plans_number(members: int, most: int | None) -> None:
    check_room_for_member(Room(members, "free", most))


@pytest.mark.parametrize(("members", "most"), [(3, 3), (5, 3), (0, 0)])
def test_there_is_none_at_it(members: int, most: int) -> None:
    """Red when one member too many finds room."""
    with pytest.raises(Conflict) as refused:
        check_room_for_member(Room(members, "free", most))
    assert (refused.value.code, refused.value.extra["limit"]) == ("members_reached", most)
