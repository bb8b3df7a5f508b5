"""What the mail providers have taken: found again by who asks them later."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Accepted:
    """One mail to one recipient."""

    id: str
    message_id: str
    sender: str
    recipient: str
    subject: str
    arguments: Mapping[str, str]
    at: float = field(default_factory=time.time)


@dataclass(slots=True)
class AcceptedLog:
    """The last mails of one provider, oldest first."""

    mails: deque[Accepted] = field(default_factory=lambda: deque[Accepted](maxlen=_KEPT))

    def add(self, mail: Accepted) -> None:
        """Remember a mail; the oldest goes when there are too many."""
        self.mails.append(mail)

    def newest(self) -> Iterable[Accepted]:
        """Newest first."""
        return reversed(self.mails)
