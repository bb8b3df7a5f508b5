"""Campaigns that are being started: how far they are, and who goes on with them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.tables import campaigns, enrolments


@dataclass(frozen=True)
class Starting:
    """A campaign that somebody should go on with."""

    campaign_id: UUID
    workspace_id: UUID


async def begin(conn: AsyncConnection, campaign_id: UUID, *, due_at: datetime) -> None:
    """A draft takes in its list from the first row on. Until `due_at` whoever began goes on with it."""
    anew = {"state": "starting", "start_due_at": due_at, "start_after_row": -1, "start_rows": 0, "start_problem": None}
    counts = {"start_no": campaigns.c.start_no + 1, "start_failures": 0}
    await conn.execute(update(campaigns).where(campaigns.c.id == campaign_id).values({**anew, **counts}))


async def note_page(conn: AsyncConnection, campaign_id: UUID, *, after_row: int, rows: int, due_at: datetime) -> None:
    """So many rows more are taken in, up to this one. Until `due_at` whoever took them in goes on."""
    further = {"start_after_row": after_row, "start_rows": campaigns.c.start_rows + rows, "start_due_at": due_at}
    further["start_failures"] = 0
    await conn.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(further))


async def hand_on(conn: AsyncConnection, campaign_id: UUID, *, due_at: datetime) -> None:
    """From `due_at` on anybody may go on with it."""
    mine = (campaigns.c.id == campaign_id, campaigns.c.state == "starting")
    await conn.execute(update(campaigns).where(*mine).values(start_due_at=due_at))


async def take_due(conn: AsyncConnection, *, now: datetime, until: datetime) -> Starting | None:
    """One that nobody goes on with, the one that has waited longest; it is the caller's `until` then."""
    query = select(campaigns.c.id, campaigns.c.workspace_id).where(
        campaigns.c.state == "starting", campaigns.c.start_due_at <= now
    )
    query = query.order_by(campaigns.c.start_due_at).limit(1).with_for_update(skip_locked=True, key_share=True)
    row = (await conn.execute(query)).first()
    if row is None:
        return None
    await hand_on(conn, row.id, due_at=until)
    return Starting(row.id, row.workspace_id)


async def is_anybody_in(conn: AsyncConnection, campaign_id: UUID) -> bool:
    """Whether any row was not left out."""
    query = select(enrolments.c.id).where(enrolments.c.campaign_id == campaign_id, enrolments.c.state != "excluded")
    return (await conn.execute(query.limit(1))).first() is not None


async def note_problem(conn: AsyncConnection, campaign_id: UUID, problem: str) -> None:
    """The start comes to nothing: its rows are to go, and then it is a draft again."""
    await conn.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(start_problem=problem))


async def note_failure(conn: AsyncConnection, campaign_id: UUID, *, start_no: int) -> int:
    """The clock could not go on with this start. Answers how often since its latest page; 0: it needs nothing more, as it is
    over or known to come to nothing."""
    mine = (campaigns.c.id == campaign_id, campaigns.c.state == "starting", campaigns.c.start_no == start_no)
    done = await conn.execute(
        update(campaigns)
        .where(*mine, campaigns.c.start_problem.is_(None))
        .values(start_failures=campaigns.c.start_failures + 1)
        .returning(campaigns.c.start_failures)
    )
    return done.scalar_one_or_none() or 0


async def erase_rows(conn: AsyncConnection, campaign_id: UUID, *, limit: int) -> int:
    """Forget some of the rows of a start that comes to nothing; answers how many. None of them has an email."""
    some = select(enrolments.c.id).where(enrolments.c.campaign_id == campaign_id)
    return (await conn.execute(delete(enrolments).where(enrolments.c.id.in_(some.limit(limit))))).rowcount


async def back_to_draft(conn: AsyncConnection, campaign_id: UUID) -> None:
    """It can be started again."""
    values = {"state": "draft", "start_due_at": None, "start_after_row": -1, "start_rows": 0}
    await conn.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(values))
