"""Erasures: one that is open for each workspace and address."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.forgetting import names
from services.gateway.domain.erasing import Answer, Erasure, Service
from services.gateway.tables import erasure_answers, erasures, live_events, mails, webhook_deliveries, webhook_endpoints

_COLUMNS = [erasures.c[name] for name in Erasure.__dataclass_fields__ if name != "answers"]
_TOLD_SINCE = text(
    """
    SELECT DISTINCT found[1] FROM (
        SELECT body FROM gateway.live_events WHERE tenant_id = :workspace_id AND recorded_at >= :since
        UNION ALL
        SELECT d.body FROM gateway.webhook_deliveries d JOIN gateway.webhook_endpoints e ON e.id = d.endpoint_id
        WHERE e.workspace_id = :workspace_id AND d.created_at >= :since
        UNION ALL
        SELECT body FROM gateway.dead_letters WHERE tenant_id = :workspace_id AND died_at >= :since
    ) told, lower(encode(told.body, 'escape')) words, regexp_matches(words, :pattern, 'g') found
    WHERE strpos(words, :domain) > 0
    """
)


@dataclass(frozen=True)
class Erased:
    """Somebody whom all have forgotten: a keyed hash, and the domain in `masked`, are left of the address."""

    workspace_id: UUID
    digest: bytes
    masked: str
    done_at: datetime


async def open_one(conn: AsyncConnection, wish: Erasure, *, digest: bytes) -> bool:
    """Write it down. False when there is an open one for the address."""
    values = {column.name: getattr(wish, column.name) for column in _COLUMNS} | {"digest": digest}
    query = insert(erasures).values(values)
    ignored = query.on_conflict_do_nothing(
        index_elements=["workspace_id", "digest"], index_where=erasures.c.done_at.is_(None)
    )
    return (await conn.execute(ignored)).rowcount == 1


async def find_open(conn: AsyncConnection, workspace_id: UUID, *, digest: bytes) -> Erasure | None:
    """The one that is under way for an address."""
    mine = (erasures.c.workspace_id == workspace_id, erasures.c.digest == digest, erasures.c.done_at.is_(None))
    return await _one(conn, *mine)


async def load(conn: AsyncConnection, workspace_id: UUID, *, erasure_id: UUID) -> Erasure | None:
    """None for one of another workspace as well."""
    return await _one(conn, erasures.c.workspace_id == workspace_id, erasures.c.id == erasure_id)


async def page(conn: AsyncConnection, workspace_id: UUID, *, before: UUID | None, limit: int) -> Sequence[Erasure]:
    """Newest first."""
    query = select(*_COLUMNS).where(erasures.c.workspace_id == workspace_id).order_by(erasures.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(erasures.c.id < before)
    found = [Erasure(**row) for row in (await conn.execute(query)).mappings()]
    return await _answered(conn, found)


async def lock(conn: AsyncConnection, workspace_id: UUID, *, erasure_id: UUID) -> Erasure | None:
    """The same as `load`; answers to it are noted one after the other."""
    mine = (erasures.c.workspace_id == workspace_id, erasures.c.id == erasure_id)
    await conn.execute(select(erasures.c.id).where(*mine).with_for_update())
    return await _one(conn, *mine)


async def note_answer(
    conn: AsyncConnection, erasure_id: UUID, *, service: Service, erased: Mapping[str, int], now: datetime
) -> None:
    """Once for each service: the first word stays."""
    query = insert(erasure_answers).values(erasure_id=erasure_id, service=service, erased=dict(erased), done_at=now)
    await conn.execute(query.on_conflict_do_nothing())


async def finish(conn: AsyncConnection, erasure_id: UUID, *, now: datetime) -> None:
    """All have forgotten the address, and so do we."""
    await conn.execute(update(erasures).where(erasures.c.id == erasure_id).values(email=None, done_at=now))


async def forget_told(conn: AsyncConnection, workspace_id: UUID, *, address: str) -> int:
    """Delete live events, ended mails and messages to webhooks of the workspace that name the address; answers how many.
    Mails to the address itself are a user's, not a lead's."""
    body = func.lower(func.encode(live_events.c.body, "escape"))
    events = delete(live_events).where(live_events.c.tenant_id == workspace_id, names(body, address))
    told = (mails.c.subject, mails.c.body_text, mails.c.body_html, func.coalesce(mails.c.reply, ""))
    letters = delete(mails).where(
        mails.c.workspace_id == workspace_id,
        mails.c.ended_at.is_not(None),
        mails.c.address != address,
        or_(*(names(func.lower(words), address) for words in told)),
    )
    ours = select(webhook_endpoints.c.id).where(webhook_endpoints.c.workspace_id == workspace_id)
    sent = (func.lower(func.encode(webhook_deliveries.c.body, "escape")), func.lower(webhook_deliveries.c.answer))
    messages = delete(webhook_deliveries).where(
        webhook_deliveries.c.endpoint_id.in_(ours), or_(*(names(words, address) for words in sent))
    )
    return sum([(await conn.execute(query)).rowcount for query in (events, letters, messages)])


async def lately_done(conn: AsyncConnection, *, since: datetime) -> list[Erased]:
    """Who was forgotten by all since then."""
    query = select(*(erasures.c[name] for name in Erased.__dataclass_fields__)).where(erasures.c.done_at >= since)
    return [Erased(*row) for row in await conn.execute(query)]


async def told_since(conn: AsyncConnection, erased: Erased, *, domain: str) -> list[str]:
    """What was told of the workspace's people at a domain after the erasure was done, or could not be handled: 64 letters before
    the `@` at most, in lower case, each once."""
    given = {
        "workspace_id": erased.workspace_id,
        "since": erased.done_at,
        "domain": f"@{domain}",
        "pattern": rf"([^\s\"<>@]{{1,64}}@{re.escape(domain)})",
    }
    return list((await conn.execute(_TOLD_SINCE, given)).scalars())


async def oldest_open(conn: AsyncConnection) -> datetime | None:
    """When the oldest one that is not done was asked for."""
    query = select(func.min(erasures.c.asked_at)).where(erasures.c.done_at.is_(None))
    return (await conn.execute(query)).scalar_one()


async def _one(conn: AsyncConnection, *which: ColumnElement[bool]) -> Erasure | None:
    row = (await conn.execute(select(*_COLUMNS).where(*which))).mappings().one_or_none()
    return None if row is None else (await _answered(conn, [Erasure(**row)]))[0]


async def _answered(conn: AsyncConnection, found: Sequence[Erasure]) -> list[Erasure]:
    columns = (erasure_answers.c.erasure_id, *(erasure_answers.c[name] for name in Answer.__dataclass_fields__))
    query = select(*columns).where(erasure_answers.c.erasure_id.in_([one.id for one in found]))
    answers: dict[UUID, list[Answer]] = {}
    for erasure_id, *rest in await conn.execute(query.order_by(erasure_answers.c.done_at)):
        answers.setdefault(erasure_id, []).append(Answer(*rest))
    return [replace(one, answers=tuple(answers.get(one.id, ()))) for one in found]
