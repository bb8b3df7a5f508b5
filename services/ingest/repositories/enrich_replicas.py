"""What the replicas of enrich last said of themselves."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.errors import Transient
from services.ingest.domain.window import ProviderWait, Replica
from services.ingest.tables import enrich_replicas

FORGET_AFTER = timedelta(days=1)


async def note(conn: AsyncConnection, replica: Replica) -> bool:
    """Keep an announcement. False for one that is older than what is known."""
    fresh = {
        "rows_capacity": replica.rows_capacity,
        "rows_in_flight": replica.rows_in_flight,
        "outbox_pending": replica.outbox_pending,
        "missing_providers": list(replica.missing_providers),
        "sandboxed": replica.sandboxed,
        "waits": [_wait_json(wait) for wait in replica.waits],
        "seen_at": replica.seen_at,
    }
    written = await conn.execute(
        insert(enrich_replicas)
        .values(id=replica.id, **fresh)
        .on_conflict_do_update(index_elements=["id"], set_=fresh, where=enrich_replicas.c.seen_at < replica.seen_at)
    )
    return written.rowcount == 1


_KNOWN = select(
    enrich_replicas.c.id,
    enrich_replicas.c.rows_capacity,
    enrich_replicas.c.rows_in_flight,
    enrich_replicas.c.outbox_pending,
    enrich_replicas.c.seen_at,
    enrich_replicas.c.missing_providers,
    enrich_replicas.c.sandboxed,
    enrich_replicas.c.waits,
).order_by(enrich_replicas.c.seen_at.desc())


async def known(conn: AsyncConnection) -> list[Replica]:
    """The replicas of the last day."""
    return [_to_replica(row) for row in await conn.execute(_KNOWN)]


_ONE = _KNOWN.where(enrich_replicas.c.id == bindparam("replica_id"))


async def find(conn: AsyncConnection, replica_id: UUID) -> Replica | None:
    """What a replica said last."""
    row = (await conn.execute(_ONE, {"replica_id": replica_id})).first()
    return None if row is None else _to_replica(row)


def _to_replica(row: Row[*tuple[Any, ...]]) -> Replica:
    return Replica(*row[:5], missing_providers=tuple(row[5]), sandboxed=row[6], waits=tuple(map(_wait_of, row[7])))


def _wait_json(wait: ProviderWait) -> dict[str, str | None]:
    workspace = None if wait.workspace_id is None else str(wait.workspace_id)
    return {
        "provider": wait.provider,
        "account": wait.account,
        "workspace_id": workspace,
        "until": wait.until.isoformat(),
        "reason": wait.reason,
        "limited_by": wait.limited_by,
    }


def _wait_of(stored: Mapping[str, str | None]) -> ProviderWait:
    workspace, until = stored["workspace_id"], stored["until"]
    assert until is not None, "a wait has an end"
    return ProviderWait(
        provider=stored["provider"] or "",
        account=stored["account"] or "",
        workspace_id=None if workspace is None else UUID(workspace),
        until=datetime.fromisoformat(until),
        reason=stored.get("reason") or "minute_limit",
        limited_by=stored.get("limited_by"),
    )


async def announced(conn: AsyncConnection) -> list[Replica]:
    """The replicas of the last day. Raises Transient `enrich_unknown` when there are none.

    Without any, nobody knows what enrich lacks: to say "nothing" would have people buy what they do not get.
    """
    replicas = await known(conn)
    if not replicas:
        msg = (
            "enrich has not announced itself yet, so nobody knows which provider keys there are: try again in a moment"
        )
        raise Transient(msg, code="enrich_unknown")
    return replicas


async def forget_gone(conn: AsyncConnection) -> int:
    """Delete what has been silent for a day."""
    gone = await conn.execute(delete(enrich_replicas).where(enrich_replicas.c.seen_at < func.now() - FORGET_AFTER))
    return gone.rowcount
