"""Requests that are sent again: what the first made is answered another time, and nothing is made twice.

A row of `repeated_requests` is written in the transaction that makes what the request asks for: a crash leaves neither, and of
two at once the second waits for the first.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Table, Text, cast, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.errors import Conflict
from libs.common.naming import pattern_of
from libs.common.uow import OpenUow, UnitOfWork

T = TypeVar("T")
Recorder = Callable[[UnitOfWork, T], Awaitable[None]]
"""What a use case calls in the transaction that makes something, with what it made."""

_SWEEP_ROWS = 5000


@dataclass(frozen=True)
class Answer:
    """What a request was answered with: `body` as JSON, None where there was none."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class AnsweredBefore(Exception):
    """The request was made before, under the same key: it is answered with `answer`, and its transaction is taken back."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"answered before, with {answer.status}")
        self.answer = answer


@dataclass(frozen=True)
class Once:
    """A request that makes something once, however often it is sent under one key. Natural key: (workspace, operation, key).

    Without a key (None) nothing is remembered, and each request makes one. `begin` comes first in the transaction that makes
    it, `keep` last; what is refused is thereby not kept. The fingerprint tells another request under the same key.
    """

    workspace_id: UUID
    operation: str
    key: str | None
    fingerprint: bytes

    def of(self, *parts: bytes) -> "Once":
        """With what the request says besides, where the fingerprint was made before its body was read."""
        return replace(self, fingerprint=fingerprint_of([self.fingerprint, *parts]))

    async def begin(self, uow: UnitOfWork) -> None:
        """Claim the key; whoever asks at the same time waits here for the end of this transaction.

        Raises AnsweredBefore for the same request, Conflict `idempotency_key_reused` for another one.
        """
        if self.key is None:
            return
        values = {**self._natural_key, "fingerprint": self.fingerprint}
        claim = insert(uow.repeated_requests).values(values).on_conflict_do_nothing()
        if (await uow.conn.execute(claim)).rowcount == 0:
            await self._answer_again(uow)

    async def keep(
        self, uow: UnitOfWork, made: BaseModel | None, *, status: int = 201, headers: Mapping[str, str] | None = None
    ) -> None:
        """Write down what a repeated request is answered with. No secret belongs into it: leave it out of `made`."""
        if self.key is None:
            return
        body = None if made is None else made.model_dump(mode="json", by_alias=True)
        table = uow.repeated_requests
        answer = {"status": status, "body": body, "headers": dict(headers or {})}
        await uow.conn.execute(update(table).where(*self._mine(table)).values(answer))

    def recording(self, shown: Callable[[T], BaseModel], *, status: int = 201) -> Recorder[T]:
        """For a use case that opens its transactions itself: what it calls, in that which makes something, with what it
        made. `begin` and `keep` in one; where another was faster, the transaction is taken back."""

        async def record(uow: UnitOfWork, made: T) -> None:
            await self.begin(uow)
            await self.keep(uow, shown(made), status=status)

        return record

    async def note(self, open_uow: OpenUow, *, status: int = 201) -> bool:
        """For what somebody else makes, and knows again by a key of ours: remember the request alone. Answers whether it was
        made before. Raises Conflict `idempotency_key_reused`."""
        async with open_uow() as uow:
            return await self.known(uow, status=status)

    async def known(self, uow: UnitOfWork, *, status: int = 201) -> bool:
        """As `note`, in a transaction that goes on either way."""
        try:
            await self.begin(uow)
        except AnsweredBefore:
            return True
        await self.keep(uow, None, status=status)
        return False

    async def look(self, open_uow: OpenUow) -> None:
        """Before something long, such as a body that streams. Raises as `begin`; it claims nothing."""
        if self.key is not None:
            async with open_uow() as uow:
                await self._answer_again(uow)

    async def _answer_again(self, uow: UnitOfWork) -> None:
        table = uow.repeated_requests
        columns = (table.c.fingerprint, table.c.status, table.c.body, table.c.headers)
        row = (await uow.conn.execute(select(*columns).where(*self._mine(table)))).one_or_none()
        if row is None:
            return
        if row.fingerprint != self.fingerprint:
            msg = (
                f"the Idempotency-Key {self.key!r} stands for another {self.operation}: send the same request again, or use"
                " a fresh key for a fresh wish"
            )
            raise Conflict(msg, code="idempotency_key_reused")
        assert row.status is not None, f"{self.operation} began and kept no answer"
        raise AnsweredBefore(Answer(row.status, row.body, row.headers or {}))

    @property
    def _natural_key(self) -> dict[str, object]:
        return {"workspace_id": self.workspace_id, "operation": self.operation, "key": self.key}

    def _mine(self, table: Table) -> list[Any]:
        return [table.c[name] == value for name, value in self._natural_key.items()]


def fingerprint_of(parts: Sequence[bytes]) -> bytes:
    """A digest that tells requests apart by all of their parts, and by where one ends and the next begins."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8) + part)
    return digest.digest()


def canonical(body: bytes) -> bytes:
    """JSON without what does not matter in it: the order of members and the space between them. Anything else as it is."""
    try:
        return json.dumps(json.loads(body), sort_keys=True).encode()
    except (ValueError, RecursionError):
        return body


async def sweep(conn: AsyncConnection, table: Table, *, older_than: datetime) -> int:
    """Delete a batch of requests made before an instant; answers how many. 0: nothing is left."""
    key = tuple_(table.c.workspace_id, table.c.operation, table.c.key)
    old = select(table.c.workspace_id, table.c.operation, table.c.key).where(table.c.made_at < older_than)
    return (await conn.execute(table.delete().where(key.in_(old.limit(_SWEEP_ROWS))))).rowcount


async def forget(conn: AsyncConnection, table: Table, *, workspace_id: UUID, naming: str = "") -> int:
    """Delete what is kept of a workspace's requests: all of it, or the answers that name an address, in whatever case. Answers
    how many there were. What was made stays; its keys are free again."""
    mine = table.delete().where(table.c.workspace_id == workspace_id)
    if naming:
        told = json.dumps(naming.lower(), ensure_ascii=False)[1:-1]
        # As jsonb, whose text shows letters for what was escaped.
        mine = mine.where(func.lower(cast(cast(table.c.body, JSONB), Text)).regexp_match(pattern_of(told)))
    return (await conn.execute(mine)).rowcount
