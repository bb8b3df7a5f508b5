"""How often something may begin."""

from services.gateway.domain.pace import full


def test_a_seconds_worth_may_begin_at_once_and_then_one_by_one() -> None:
    """Red when the bucket fills beyond a second's worth, or never."""
    pace, begun = full(10, now=0.0), 0
    for _ in range(30):
        pace, may = pace.begin(0.0)
        begun += may
    assert begun == 10
    pace, may = pace.begin(0.05)
    assert not may
    pace, may = pace.begin(0.11)
    assert may
    pace, begun = pace.begin(1_000.0)[0], 1
    for _ in range(30):
        pace, may = pace.begin(1_000.0)
        begun += may
    assert begun == 10


def test_a_clock_that_stands_or_goes_back_lets_nobody_in() -> None:
    """Red when time that goes back fills the bucket."""
    pace, _ = full(1, now=10.0).begin(10.0)
    assert not pace.begin(10.0)[1]
    assert not pace.begin(5.0)[1]
