"""Does what falls due as a clock goes on, each piece at its own time."""

from __future__ import annotations

from collections.abc import Callable

from deploy.sandbox.dials import StripeDials
from deploy.sandbox.stripe.account import Account

Work = Callable[[Account, str, StripeDials], None]
WORKS: dict[str, Work] = {}
"""By the name under which the agenda has it. Each looks first whether it still has to be done."""
_MOST_AT_ONCE = 100_000


def advance(account: Account, clock: str, *, until: int, dials: StripeDials) -> int:
    """Go on to a later time, doing what falls due until then. How much there was."""
    done = do_what_is_due(account, clock, until=until, dials=dials)
    account.clocks[clock].set(until)
    account.changes += 1
    return done


def do_what_is_due(account: Account, clock: str, *, until: int, dials: StripeDials) -> int:
    """Do what falls due on a clock up to a time, in order, each with the clock at its moment. How much there was."""
    hands = account.clocks[clock]
    for count in range(_MOST_AT_ONCE):
        entry = account.agenda.take(clock, until)
        if entry is None:
            return count
        at, work, key = entry
        hands.pinned_at = at
        try:
            WORKS[work](account, key, dials)
        finally:
            hands.pinned_at = None
    raise RuntimeError(f"over {_MOST_AT_ONCE} things fell due on one clock at once: advance it by less")
