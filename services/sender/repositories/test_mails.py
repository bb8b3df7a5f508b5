"""Mails that people send to themselves to see what a campaign will say."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import RowMapping, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.repositories.slots import Held
from services.sender.tables import test_mails

_LOST_AFTER = timedelta(minutes=5)
"""Longer than any call. Whoever began it and has said nothing since is gone."""
_NO_CAMPAIGN = UUID(int=0)


@dataclass(frozen=True)
class TestMail:
    """One of them. `unknown`: nobody said whether it was taken."""

    __test__ = False

    id: UUID
    recipient: str
    subject: str
    state: str
    reason: str | None
    created_at: datetime


async def begin(conn: AsyncConnection, mail: TestMail, *, key: str, **columns: UUID) -> bool:
    """False when there is one under this key already."""
    values = {
        "id": mail.id,
        "recipient": mail.recipient,
        "subject": mail.subject,
        "state": mail.state,
        "created_at": mail.created_at,
        "key": key,
        **columns,
    }
    done = await conn.execute(insert(test_mails).values(values).on_conflict_do_nothing())
    return done.rowcount == 1


async def end(conn: AsyncConnection, mail_id: UUID, *, state: str, reason: str | None, now: datetime) -> None:
    """Write down what became of it."""
    query = update(test_mails).where(test_mails.c.id == mail_id)
    await conn.execute(query.values(state=state, reason=reason, ended_at=now))


async def load_asked(conn: AsyncConnection, *, workspace_id: UUID, key: str, now: datetime) -> TestMail | None:
    """What was asked for under an Idempotency-Key."""
    query = select(test_mails).where(test_mails.c.workspace_id == workspace_id, test_mails.c.key == key)
    row = (await conn.execute(query)).mappings().first()
    return _test_mail(row, now) if row else None


def _test_mail(row: RowMapping, now: datetime) -> TestMail:
    lost = row["state"] == "sending" and row["created_at"] < now - _LOST_AFTER
    state, reason = ("unknown", "no_outcome_recorded") if lost else (row["state"], row["reason"])
    return TestMail(row["id"], row["recipient"], row["subject"], state, reason, row["created_at"])


async def count_since(conn: AsyncConnection, workspace_id: UUID, *, since: datetime) -> int:
    """How many the workspace has sent since then."""
    query = select(func.count()).where(test_mails.c.workspace_id == workspace_id, test_mails.c.created_at >= since)
    return (await conn.execute(query)).scalar_one()


async def held(conn: AsyncConnection, *, workspace_id: UUID, since: datetime, until: datetime) -> list[Held]:
    """What they take of the mailboxes' quotas, as if they held slots of the day. Of the workspace's quota they take
    nothing: nobody is written to."""
    query = select(test_mails.c.mailbox_id, func.split_part(test_mails.c.recipient, "@", 2).label("domain")).where(
        test_mails.c.workspace_id == workspace_id,
        test_mails.c.created_at >= since,
        test_mails.c.created_at < until,
        test_mails.c.state != "failed",
    )
    return [
        Held(_NO_CAMPAIGN, row.mailbox_id, row.domain, step=1, state="used", closes_at=None)
        for row in await conn.execute(query)
    ]
