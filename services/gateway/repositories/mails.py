"""Corofy's own mails: queued once for each cause and address, claimed one by one, and what became of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.ids import new_id
from services.gateway.domain.mails import Mail, Outcome, Words, html_of, one_line, text_of
from services.gateway.tables import mail_requests, mails, memberships, users, workspaces

_MAIL = [mails.c[name] for name in ("id", "address", "subject", "body_text", "body_html", "attempts")]
_ENDED = ("sent", "refused", "unknown", "given_up")
_FORGOTTEN = {"body_text": "", "body_html": ""}
"""What becomes of the words of a mail that has ended: there may be links in them that open something."""


async def queue(
    conn: AsyncConnection, words: Words, *, source: str, addresses: Sequence[str], workspace_id: UUID | None
) -> int:
    """One mail to each address. Key: `source` (what it is about, for ever) and address. Answers how many are new."""
    if not addresses:
        return 0
    rows = [
        {
            "id": new_id(),
            "source": source,
            "address": address,
            "kind": words.kind,
            "workspace_id": workspace_id,
            "subject": one_line(words.subject),
            "body_text": text_of(words),
            "body_html": html_of(words),
        }
        for address in dict.fromkeys(addresses)
    ]
    return (await conn.execute(insert(mails).values(rows).on_conflict_do_nothing())).rowcount


async def owners_of(conn: AsyncConnection, workspace_id: UUID, *, and_admins: bool = False) -> tuple[str, list[str]]:
    """The workspace's name, and the addresses of its owners (and admins). Nothing for one that is not known."""
    roles = ("owner", "admin") if and_admins else ("owner",)
    query = (
        select(workspaces.c.name, users.c.email)
        .join(memberships, memberships.c.workspace_id == workspaces.c.id)
        .join(users, users.c.id == memberships.c.user_id)
        .where(workspaces.c.id == workspace_id, memberships.c.role.in_(roles))
        .order_by(users.c.email)
    )
    found = (await conn.execute(query)).all()
    return (found[0].name if found else ""), [row.email for row in found]


async def claim(conn: AsyncConnection, *, now: datetime, lease: timedelta) -> Mail | None:
    """The mail that is due for longest, to be sent by nobody else until the lease is over. None when none is due."""
    chosen = (
        select(mails.c.id)
        .where(mails.c.state == "queued", mails.c.due_at <= now)
        .order_by(mails.c.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .cte("chosen")
    )
    row = (
        await conn.execute(
            update(mails)
            .where(mails.c.id == chosen.c.id)
            .values(state="sending", attempts=mails.c.attempts + 1, lease_until=now + lease)
            .returning(*_MAIL)
        )
    ).one_or_none()
    return None if row is None else Mail(*row)


async def record(conn: AsyncConnection, mail: Mail, outcome: Outcome, *, now: datetime) -> bool:
    """What came of the attempt. False when the mail was given up as unknown meanwhile."""
    done = await conn.execute(
        update(mails)
        .where(mails.c.id == mail.id, mails.c.state == "sending", mails.c.attempts == mail.attempts)
        .values(
            state=outcome.state,
            reply=outcome.reply,
            due_at=outcome.due_at or mails.c.due_at,
            lease_until=None,
            ended_at=now if outcome.state in _ENDED else None,
            **(_FORGOTTEN if outcome.state in _ENDED else {}),
        )
    )
    return done.rowcount == 1


async def resolve_lost(conn: AsyncConnection, *, now: datetime) -> int:
    """Mails whose sender has not come back: they may have arrived, so they are unknown for good. Answers how many."""
    done = await conn.execute(
        update(mails)
        .where(mails.c.state == "sending", mails.c.lease_until < now)
        .values(state="unknown", reply="the sender ended in the middle", ended_at=now, lease_until=None, **_FORGOTTEN)
    )
    return done.rowcount


async def give_up_stale(conn: AsyncConnection, *, created_before: datetime, now: datetime) -> int:
    """Queued for so long that nobody is helped by them. Answers how many."""
    done = await conn.execute(
        update(mails)
        .where(mails.c.state == "queued", mails.c.created_at < created_before)
        .values(state="given_up", reply="there was no mail server for too long", ended_at=now, **_FORGOTTEN)
    )
    return done.rowcount


async def doubt_waiting(conn: AsyncConnection, *, said: str) -> int:
    """Mails that wait, and wishes for some, which the data cannot say were not sent since: unknown for good. Answers how many."""
    wishes = await conn.execute(mail_requests.delete())
    waiting = update(mails).where(mails.c.state.in_(["queued", "sending"]))
    done = await conn.execute(
        waiting.values(state="unknown", reply=said, ended_at=func.now(), lease_until=None, **_FORGOTTEN)
    )
    return done.rowcount + wishes.rowcount


async def forget_ended(conn: AsyncConnection, *, older_than: datetime) -> int:
    """Answers how many were deleted."""
    return (await conn.execute(mails.delete().where(mails.c.ended_at < older_than))).rowcount


async def count_due(conn: AsyncConnection, *, now: datetime) -> int:
    """Mails that wait and could be sent now."""
    query = select(func.count()).where(mails.c.state == "queued", mails.c.due_at <= now)
    return (await conn.execute(query)).scalar_one()
