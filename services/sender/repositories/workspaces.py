"""Workspaces as the sender knows them, their mailbox, and the database's clock."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.ids import new_id
from services.sender.tables import mailboxes, workspaces

Clock = Callable[[AsyncConnection], Awaitable[datetime]]
"""Reads the time that all replicas share: `database_now`, unless a test moves it."""


@dataclass(frozen=True)
class Workspace:
    """A tenant: its day is the day of quotas. `daily_quota` None means the default, `domain_quota` None no limit.

    `follow_up_share` is a percentage of the day.
    """

    id: UUID
    time_zone: str
    daily_quota: int | None
    domain_quota: int | None
    follow_up_share: int
    campaign_pause_days: int


@dataclass(frozen=True)
class MailboxRow:
    """What mail leaves through. `sandboxed` mail reaches nobody; `refusals` came in a row, up to the last mail."""

    id: UUID
    address: str
    sandboxed: bool
    retry_at: datetime | None
    failures: int
    refusals: int


_NOW = select(func.clock_timestamp())


async def database_now(conn: AsyncConnection) -> datetime:
    """The one clock that all replicas share."""
    return (await conn.execute(_NOW)).scalar_one()


async def note(conn: AsyncConnection, workspace_id: UUID, *, version: int, name: str, time_zone: str) -> bool:
    """The newest word wins, in whatever order they are heard. False when this is none."""
    done = await conn.execute(
        update(workspaces)
        .where(workspaces.c.id == workspace_id, workspaces.c.version < version)
        .values(version=version, name=name, time_zone=time_zone)
    )
    return done.rowcount == 1


async def add_workspace(conn: AsyncConnection, *, workspace_id: UUID, name: str, time_zone: str) -> bool:
    """False when it was known already."""
    values = {"id": workspace_id, "name": name, "time_zone": time_zone}
    done = await conn.execute(insert(workspaces).values(values).on_conflict_do_nothing())
    return done.rowcount == 1


async def load_workspace(
    conn: AsyncConnection, workspace_id: UUID, *, lock: bool = False, wait: bool = True
) -> Workspace | None:
    """`lock` makes it the planning mutex of the workspace: planners and pauses wait for each other.

    Without `wait` it is None as well while another holds the mutex.
    """
    query = select(*(workspaces.c[name] for name in Workspace.__dataclass_fields__)).where(
        workspaces.c.id == workspace_id
    )
    locked = query.with_for_update(key_share=True, skip_locked=not wait)
    row = (await conn.execute(locked if lock else query)).mappings().first()
    return Workspace(**row) if row else None


async def queue_for_start(conn: AsyncConnection, workspace_id: UUID) -> None:
    """Starts of a workspace go one after the other: two with the same addresses, in opposite orders, would deadlock.

    Not the planning mutex: rendering a long list takes a minute, in which days are planned and campaigns paused.
    """
    key = func.hashtextextended(f"sender.start_campaign:{workspace_id}", 0)
    await conn.execute(select(func.pg_advisory_xact_lock(key)))


async def ensure_mailbox(conn: AsyncConnection, *, key: str, address: str, sandboxed: bool) -> UUID:
    """The row of the mailbox that the settings name; starts without trouble, as its settings may have been mended."""
    provider = "sandbox" if sandboxed else "smtp"
    values = {"id": new_id(), "key": key, "address": address, "sandboxed": sandboxed, "provider": provider}
    query = insert(mailboxes).values(values)
    query = query.on_conflict_do_update(
        index_elements=["key"],
        set_={"address": address, "retry_at": None, "trouble": None, "failures": 0, "refusals": 0},
    )
    return (await conn.execute(query.returning(mailboxes.c.id))).scalar_one()


async def load_mailbox(conn: AsyncConnection, mailbox_id: UUID) -> MailboxRow:
    """The row of a mailbox."""
    query = select(*(mailboxes.c[name] for name in MailboxRow.__dataclass_fields__))
    return MailboxRow(**(await conn.execute(query.where(mailboxes.c.id == mailbox_id))).mappings().one())


async def count_mailbox_failure(conn: AsyncConnection, mailbox_id: UUID, *, trouble: str, told_all: str) -> int:
    """Note the trouble, as `told_all` where the mailbox is everybody's; answers how often in a row there has been some."""
    words = case((mailboxes.c.workspace_id.is_(None), told_all), else_=trouble)
    query = update(mailboxes).where(mailboxes.c.id == mailbox_id)
    query = query.values(trouble=words, failures=mailboxes.c.failures + 1)
    return (await conn.execute(query.returning(mailboxes.c.failures))).scalar_one()


async def count_refusals(conn: AsyncConnection, mailbox_id: UUID, *, more: int) -> int:
    """So many mails more were refused; answers how many in a row since the last one that was accepted."""
    query = update(mailboxes).where(mailboxes.c.id == mailbox_id)
    query = query.values(refusals=mailboxes.c.refusals + more)
    return (await conn.execute(query.returning(mailboxes.c.refusals))).scalar_one()


async def rest_mailbox(conn: AsyncConnection, mailbox_id: UUID, *, until: datetime) -> None:
    """Nothing is claimed for it before that."""
    await conn.execute(update(mailboxes).where(mailboxes.c.id == mailbox_id).values(retry_at=until))


async def clear_mailbox(conn: AsyncConnection, mailbox_id: UUID) -> None:
    """It works (again)."""
    troubled = or_(mailboxes.c.failures > 0, mailboxes.c.refusals > 0)
    query = update(mailboxes).where(mailboxes.c.id == mailbox_id, troubled)
    await conn.execute(query.values(trouble=None, retry_at=None, failures=0, refusals=0))
