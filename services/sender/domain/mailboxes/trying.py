"""How often people may let a mailbox do something at once: whoever tries harder would have its provider close it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

Tried = Literal["trial", "test_mail"]


@dataclass(frozen=True, slots=True)
class Allowance:
    """`at_once` in a row, and one more after each `every`."""

    every: timedelta
    at_once: int

    @property
    def ahead(self) -> timedelta:
        """How far all that is allowed at once reaches into the future."""
        return self.every * self.at_once


ALLOWED: Final[dict[Tried, Allowance]] = {
    "trial": Allowance(timedelta(seconds=30), at_once=5),
    "test_mail": Allowance(timedelta(seconds=10), at_once=20),
}
"""Of one workspace with one mailbox."""
WHAT: Final[dict[Tried, str]] = {"trial": "tried", "test_mail": "asked for test mails"}
