"""Sharing the day's slots: never too many, never to somebody who wants none, none left over that somebody wants."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.sender.domain.plan import Demand, share_out

DEMANDS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=8).map(
    lambda pairs: [Demand(UUID(int=n), room=room, waiting=waiting) for n, (room, waiting) in enumerate(pairs)]
)


@given(free=st.integers(0, 120), demands=DEMANDS)
def test_shares_keep_every_limit_and_leave_nothing_lying(free: int, demands: list[Demand]) -> None:
    """Red when a share exceeds the quota of its campaign, or the sum the slots that are free."""
    shares = share_out(free, demands)
    wants = {demand.campaign_id: min(demand.room, demand.waiting) for demand in demands}
    assert all(0 <= shares[name] <= want for name, want in wants.items())
    assert sum(shares.values()) == min(free, sum(wants.values()))


@given(free=st.integers(0, 120), demands=DEMANDS)
def test_nobody_goes_short_while_another_gets_more(free: int, demands: list[Demand]) -> None:
    """Red when the first campaign takes all."""
    shares = share_out(free, demands)
    short = [shares[d.campaign_id] for d in demands if shares[d.campaign_id] < min(d.room, d.waiting)]
    assert max(shares.values(), default=0) <= min(short, default=10_000) + 1
