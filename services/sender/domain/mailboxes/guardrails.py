"""When a mailbox is paused for what its recipients' servers and recipients say, before its name is ruined."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

WINDOW: Final = timedelta(days=7)
"""What is older says little about the list that is being written to."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Shares of the mails of the last seven days; below `after` mails a share says nothing."""

    bounces: float = 0.02
    complaints: float = 0.001
    after: int = 50


@dataclass(frozen=True, slots=True)
class Tally:
    """Of the last seven days, or since a person has let it go on: mails that were answered for, and what came back."""

    mails: int = 0
    bounces: int = 0
    complaints: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why it is paused: a name, and a sentence with the numbers."""

    reason: Literal["bounces", "complaints"]
    detail: str


def judge(tally: Tally, limits: Limits) -> Verdict | None:
    """None while it may go on. A share that is exactly the limit is still allowed."""
    if tally.mails < limits.after:
        return None
    if tally.bounces > limits.bounces * tally.mails:
        what = (
            f"{tally.bounces} of {tally.mails} mails in seven days came back ({_percent(tally.bounces, tally.mails)})"
        )
        return Verdict(
            "bounces", f"{what}; more than {_share(limits.bounces)} harms the address. Check the list, then resume."
        )
    if tally.complaints > limits.complaints * tally.mails:
        rate = _percent(tally.complaints, tally.mails)
        what = f"{tally.complaints} of {tally.mails} recipients in seven days reported spam ({rate})"
        return Verdict(
            "complaints",
            f"{what}; more than {_share(limits.complaints)} harms the address. Check whom you write to, then resume.",
        )
    return None


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}"


def _share(rate: float) -> str:
    return f"{rate * 100:g} %"
