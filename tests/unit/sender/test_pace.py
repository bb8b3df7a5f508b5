"""How many mails are begun at once."""

from hypothesis import given
from hypothesis import strategies as st

from services.sender.domain.pace import WITHIN_S, Pace


def test_a_quick_provider_gets_more_each_time_up_to_the_most() -> None:
    pace, seen = Pace(8), [1]
    for _ in range(5):
        pace = pace.after(pace.ahead, seconds=0.001 * pace.ahead, accepted=True)
        seen.append(pace.ahead)
    assert seen == [1, 2, 4, 8, 8, 8]


def test_a_slow_provider_gets_one_at_a_time() -> None:
    """Red when what a call takes is not looked at: whoever pauses would wait for all that has begun."""
    assert Pace(8, 4).after(1, seconds=WITHIN_S, accepted=True).ahead == 1


def test_after_anything_but_an_acceptance_one_is_tried() -> None:
    """Red when a mailbox that has begun to refuse has a handful begun for it."""
    assert Pace(8, 8).after(8, seconds=0.01, accepted=False).ahead == 1
    assert Pace(8, 8).after(0, seconds=0.0, accepted=True).ahead == 1


@given(most=st.integers(1, 50), calls=st.lists(st.tuples(st.floats(0, 40), st.booleans())))
def test_what_is_begun_can_be_called_in_time_as_fast_as_the_last_calls_were(
    most: int, calls: list[tuple[float, bool]]
) -> None:
    """P3, P5: red when more are begun than the most, or than could be called within the time."""
    pace = Pace(most)
    for seconds, accepted in calls:
        done = pace.ahead
        pace = pace.after(done, seconds=seconds, accepted=accepted)
        assert 1 <= pace.ahead <= (min(most, 2 * done) if accepted else 1)
        assert pace.ahead == 1 or pace.ahead * seconds / done <= WITHIN_S * (1 + 1e-9)


def test_a_claim_is_enough_for_some_handfuls_and_never_less_than_the_setting() -> None:
    assert [Pace(8, ahead).claims(10) for ahead in (1, 2, 8)] == [10, 20, 40]
    assert Pace(8, 8).claims(100) == 100
