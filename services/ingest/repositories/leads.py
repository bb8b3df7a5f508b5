"""Whom sourcings have found and revealed, whom a workspace knows, and until when Apollo is left alone."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.lead_search import BATCH, Lead
from services.ingest.tables import apollo_pauses, known_people, sourcing_batches, sourcing_people


@dataclass(frozen=True)
class PausedUntil:
    """Nobody asks the endpoint before `until`."""

    until: datetime
    reason: str
    message: str | None


async def add_people(conn: AsyncConnection, sourcing_id: UUID, person_ids: Sequence[str], *, first_no: int) -> None:
    """Note whom to reveal, numbered from `first_no`."""
    if person_ids:
        rows = [
            {"sourcing_id": sourcing_id, "person_no": number, "person_id": id_}
            for number, id_ in enumerate(person_ids, start=first_no)
        ]
        await conn.execute(insert(sourcing_people), rows)


async def seen_of(conn: AsyncConnection, sourcing_id: UUID, person_ids: Sequence[str]) -> frozenset[str]:
    """Those of some people whom the sourcing has already."""
    column = sourcing_people.c.person_id
    found = await conn.execute(
        select(column).where(sourcing_people.c.sourcing_id == sourcing_id, column.in_(person_ids))
    )
    return frozenset(found.scalars())


async def known_of(conn: AsyncConnection, workspace_id: UUID, person_ids: Sequence[str]) -> frozenset[str]:
    """Those of some people whom the workspace has paid for before."""
    column = known_people.c.person_id
    found = await conn.execute(
        select(column).where(known_people.c.workspace_id == workspace_id, column.in_(person_ids))
    )
    return frozenset(found.scalars())


async def people_of_batch(conn: AsyncConnection, sourcing_id: UUID, batch_no: int) -> list[str]:
    """The ten (the last batch has fewer) of a batch."""
    number = sourcing_people.c.person_no
    mine = (sourcing_people.c.sourcing_id == sourcing_id, number >= batch_no * BATCH, number < (batch_no + 1) * BATCH)
    return list((await conn.execute(select(sourcing_people.c.person_id).where(*mine).order_by(number))).scalars())


async def add_batch(
    conn: AsyncConnection, sourcing_id: UUID, batch_no: int, *, leads: Sequence[Lead], credits_earned: int
) -> bool:
    """Keep what a batch brought, once. False when it has been recorded before."""
    written = await conn.execute(
        insert(sourcing_batches)
        .values(
            sourcing_id=sourcing_id,
            batch_no=batch_no,
            credits=credits_earned,
            leads=[list(lead.cells) for lead in leads],
        )
        .on_conflict_do_nothing()
    )
    return written.rowcount == 1


async def know(conn: AsyncConnection, workspace_id: UUID, leads: Sequence[Lead]) -> None:
    """The workspace has paid for these."""
    if leads:
        rows = [{"workspace_id": workspace_id, "person_id": lead.person_id} for lead in leads]
        await conn.execute(insert(known_people).on_conflict_do_nothing(), rows)


async def batches_after(
    conn: AsyncConnection, sourcing_id: UUID, *, after: int, limit: int
) -> list[tuple[int, list[list[str]]]]:
    """Recorded batches in their order: number and the cells of each lead."""
    query = (
        select(sourcing_batches.c.batch_no, sourcing_batches.c.leads)
        .where(sourcing_batches.c.sourcing_id == sourcing_id, sourcing_batches.c.batch_no > after)
        .order_by(sourcing_batches.c.batch_no)
        .limit(limit)
    )
    return [(row.batch_no, row.leads) for row in await conn.execute(query)]


async def forget_people(conn: AsyncConnection, sourcing_id: UUID) -> None:
    """They lie in the upload now, and go with it. What each batch has earned stays, for ever."""
    await conn.execute(delete(sourcing_people).where(sourcing_people.c.sourcing_id == sourcing_id))
    await conn.execute(update(sourcing_batches).where(sourcing_batches.c.sourcing_id == sourcing_id).values(leads=[]))


async def earned(conn: AsyncConnection, sourcing_id: UUID, *, limit: int = 500) -> AsyncIterator[list[tuple[int, int]]]:
    """What each recorded batch has earned, page by page."""
    after = -1
    while True:
        query = (
            select(sourcing_batches.c.batch_no, sourcing_batches.c.credits)
            .where(sourcing_batches.c.sourcing_id == sourcing_id, sourcing_batches.c.batch_no > after)
            .order_by(sourcing_batches.c.batch_no)
            .limit(limit)
        )
        page = [(row.batch_no, row.credits) for row in await conn.execute(query)]
        if not page:
            return
        yield page
        after = page[-1][0]


async def pause(conn: AsyncConnection, endpoint: str, paused: PausedUntil) -> None:
    """Leave an endpoint alone until then; the latest word holds."""
    values = {"until": paused.until, "reason": paused.reason, "message": paused.message}
    await conn.execute(
        insert(apollo_pauses)
        .values(endpoint=endpoint, **values)
        .on_conflict_do_update(index_elements=["endpoint"], set_=values)
    )


async def paused(conn: AsyncConnection, endpoint: str, *, now: datetime) -> PausedUntil | None:
    """Until when an endpoint is left alone, if it is."""
    columns = (apollo_pauses.c.until, apollo_pauses.c.reason, apollo_pauses.c.message)
    query = select(*columns).where(apollo_pauses.c.endpoint == endpoint, apollo_pauses.c.until > now)
    row = (await conn.execute(query)).first()
    return None if row is None else PausedUntil(*row)


async def lift_pauses(conn: AsyncConnection) -> None:
    """A person says to try again now."""
    await conn.execute(delete(apollo_pauses))
