"""Corofy's own mails: what they say, and how often one is tried.

A mail is sent once or not known to be: when the server fell silent after taking it, it may have arrived, and is not repeated.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

BACKOFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
"""After each attempt that certainly did not arrive, so long until the next; after the last of them it is given up."""
STALE_AFTER = timedelta(days=3)
"""A mail that nobody could be sent for so long, for want of a mail server, is of no use any more."""
LEASE = timedelta(minutes=2)
"""Longer than a mail server may take. What is not recorded by then may have arrived."""

State = Literal["queued", "sending", "sent", "refused", "unknown", "given_up"]
Said = Literal["accepted", "refused", "deferred", "unknown"]


@dataclass(frozen=True)
class Words:
    """What a mail says: its kind (stable), a subject on one line, paragraphs, and perhaps one page to go to."""

    kind: str
    subject: str
    paragraphs: tuple[str, ...]
    link: tuple[str, str] | None = None


@dataclass(frozen=True)
class Mail:
    """One mail to one address, on its way. Its Message-ID is made of its id, so it is the same however often it is tried."""

    id: UUID
    address: str
    subject: str
    body_text: str
    body_html: str
    attempts: int

    def message_id(self, domain: str) -> str:
        return f"<{self.id.hex}@{domain}>"


@dataclass(frozen=True)
class Answer:
    """What a mail server made known about a mail: `deferred` is proof that it was not taken."""

    said: Said
    reply: str


@dataclass(frozen=True)
class Outcome:
    """What becomes of a mail after an attempt; `due_at` where it is tried again."""

    state: State
    reply: str
    due_at: datetime | None = None


def after_attempt(answer: Answer, *, attempts: int, now: datetime) -> Outcome:
    """`attempts` counts this one. Only what was certainly not taken is tried again, a bounded number of times."""
    match answer.said:
        case "accepted":
            return Outcome("sent", answer.reply)
        case "refused":
            return Outcome("refused", answer.reply)
        case "unknown":
            return Outcome("unknown", answer.reply)
        case "deferred":
            if attempts > len(BACKOFF):
                return Outcome("given_up", answer.reply)
            return Outcome("queued", answer.reply, now + BACKOFF[attempts - 1])


def one_line(text: str) -> str:
    """As a header may carry it: no line ends, no control characters, of a bearable length; and no encoded word, whose line
    ends Python's email package would write as they are."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(printable.replace("=?", "= ?").split())[:200]


def text_of(words: Words) -> str:
    """The plain text part."""
    link = () if words.link is None else (f"{words.link[0]}: {words.link[1]}",)
    return "\n\n".join((*words.paragraphs, *link, _FOOT)) + "\n"


def html_of(words: Words) -> str:
    """The HTML part: the same words, nothing loaded from elsewhere."""
    parts = [f"<p>{html.escape(paragraph)}</p>" for paragraph in words.paragraphs]
    if words.link is not None:
        name, url = (html.escape(part, quote=True) for part in words.link)
        parts.append(f'<p><a href="{url}">{name}</a></p>')
    parts.append(f"<p><small>{html.escape(_FOOT)}</small></p>")
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><body>{"".join(_each(parts))}</body></html>\n'


def _each(parts: Sequence[str]) -> list[str]:
    return [f"\n{part}" for part in parts]


_FOOT = "Corofy sends this on its own; nobody reads answers to it."
