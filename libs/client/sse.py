"""Server-sent events, as https://html.spec.whatwg.org/multipage/server-sent-events.html has them."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Event:
    """One event. `id` is the newest that the stream has named so far: where to go on. `data` is the event's envelope.

    An event without data only moves `id`.
    """

    type: str
    id: str | None
    data: dict[str, Any] | None


async def events_of(lines: AsyncIterable[str], *, since: str | None = None) -> AsyncGenerator[Event]:
    """The events that the lines hold; what the stream breaks off in the middle of is left out."""
    kind, data, last_id, told = "", list[str](), since, False
    async for line in lines:
        if not line:
            if told:
                yield Event(kind or "message", last_id, json.loads("\n".join(data)) if data else None)
            kind, data, told = "", [], False
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            kind = value
        elif name == "data":
            data.append(value)
        elif name == "id" and "\0" not in value:
            last_id = value or None
        told = told or name in {"data", "id"}
