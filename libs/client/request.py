"""A call as it goes over the wire, made from the typed arguments of a generated method."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import orjson

from libs.client.model import Model

CHUNK_BYTES = 256 * 1024
Content = bytes | str | Path | AsyncIterable[bytes]
"""What is sent as it is; a file is read while it is sent."""
Query = Mapping[str, object]


@dataclass(frozen=True)
class Call:
    """One request. It is harmless when it may reach the API twice: a question, or what has an Idempotency-Key."""

    method: Literal["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    query: Query = field(default_factory=dict[str, object])
    body: Model | Mapping[str, Any] | Content | None = None
    kind: str = "application/json"
    headers: Mapping[str, object] = field(default_factory=dict[str, object])
    key: str | None = None

    @property
    def harmless(self) -> bool:
        return self.method in {"GET", "HEAD", "OPTIONS"} or self.key is not None

    @property
    def repeatable(self) -> bool:
        """Whether the body is still there for a second attempt: a stream is read once."""
        return not isinstance(self.body, AsyncIterable)

    def parts(self) -> dict[str, Any]:
        """What httpx is handed, new for each attempt."""
        told = {"Content-Length": _length_of(self.body), **self.headers, "Idempotency-Key": self.key}
        headers = {name: str(value) for name, value in told.items() if value is not None}
        params = [(name, one) for name, value in self.query.items() for one in _texts(value)]
        if self.body is None:
            return {"headers": headers, "params": params}
        return {"headers": {"Content-Type": self.kind, **headers}, "params": params, "content": _content_of(self.body)}


def segment(value: object) -> str:
    """A value as one segment of a path, whatever is in it."""
    return quote(str(value), safe="")


def new_key() -> str:
    """An Idempotency-Key for one call, however often it has to be sent."""
    return str(uuid.uuid4())


def _length_of(body: object) -> int | None:
    """A file's, which is known before it is read; of everything else httpx knows it, or nobody."""
    return body.stat().st_size if isinstance(body, Path) else None


def _texts(value: object) -> list[str]:
    if value is None:
        return []
    if isinstance(value, (list, tuple, set, frozenset)):
        return [text for one in value for text in _texts(one)]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    return [value.isoformat() if isinstance(value, date) else str(value)]


def _content_of(body: Model | Mapping[str, Any] | Content) -> bytes | AsyncIterable[bytes]:
    """Of a model only what was set: for the rest the API has defaults of its own."""
    if isinstance(body, Model):
        return body.model_dump_json(by_alias=True, exclude_unset=True).encode()
    if isinstance(body, Mapping):
        return orjson.dumps(dict(body))
    if isinstance(body, Path):
        return chunks_of(body)
    return body.encode() if isinstance(body, str) else body


async def chunks_of(file: Path) -> AsyncIterator[bytes]:
    """The file's bytes, read beside the event loop."""
    with file.open("rb") as content:
        while chunk := await asyncio.to_thread(content.read, CHUNK_BYTES):
            yield chunk
