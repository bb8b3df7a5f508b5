"""Whether domains take mail: which are worth a look-up, and when the next one is due."""

from datetime import datetime, timedelta
from typing import Literal

Finding = Literal["takes_mail", "no_mx", "unknown"]

BELIEVED = timedelta(days=7)
"""So long a domain that takes mail is not looked up again, however many lists name it."""
_AGAIN = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=7))
_RESERVED = ("example", "test", "invalid", "localhost", "local", "example.com", "example.net", "example.org")


def can_be_looked_up(domain: str) -> bool:
    """False for names that are reserved (RFC 2606, RFC 6761, RFC 6762): nobody answers for them."""
    return "." in domain and not any(domain == name or domain.endswith("." + name) for name in _RESERVED)


def next_look(finding: Finding, *, tries: int, now: datetime) -> datetime | None:
    """When to look again, after `tries` look-ups in a row that did not find it takes mail; None: when a list names it."""
    if finding == "takes_mail" or tries > len(_AGAIN):
        return None
    return now + _AGAIN[tries - 1]
