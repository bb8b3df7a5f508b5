"""Mailboxes of workspaces, and the settings' own: what is known of them, what changes, and who still sends through them."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.keyring import Sealed
from services.sender.domain.mailboxes.account import ApiAccount
from services.sender.domain.mailboxes.mailbox import Dkim, MailboxView, Pause, Ramp, Server
from services.sender.repositories.mailbox_secrets import sealed_columns
from services.sender.tables import mailboxes


@dataclass(frozen=True)
class NewMailbox:
    """A mailbox that a workspace adds. `asked` is the fingerprint of the request that `idempotency_key` stands for."""

    id: UUID
    workspace_id: UUID
    provider: str
    address: str
    name: str
    reply_to: str | None
    server: Server | None
    sealed: Sealed | None
    daily_quota: int | None
    ramp: Ramp | None
    idempotency_key: str | None = None
    asked: str | None = None
    account: ApiAccount | None = None
    sandboxed: bool = False


async def add(conn: AsyncConnection, new: NewMailbox) -> bool:
    """False when the workspace has a mailbox of this address already, or one that was asked for under the same key."""
    values = {
        "id": new.id,
        "workspace_id": new.workspace_id,
        "key": f"own:{new.id}",
        "provider": new.provider,
        "address": new.address,
        "name": new.name,
        "reply_to": new.reply_to,
        "sandboxed": new.sandboxed or new.provider == "sandbox",
        "settings": settings_of(new),
        "daily_quota": new.daily_quota,
        "idempotency_key": new.idempotency_key,
        "asked": new.asked,
        **sealed_columns(new.sealed),
        **ramp_columns(new.ramp),
    }
    return (await conn.execute(insert(mailboxes).values(values).on_conflict_do_nothing())).rowcount == 1


async def load(
    conn: AsyncConnection, mailbox_id: UUID, *, workspace_id: UUID | None = None, lock: bool = False
) -> MailboxView | None:
    """A mailbox; with `workspace_id`, only if it is that workspace's own. A deleted one is none."""
    query = select(mailboxes).where(mailboxes.c.id == mailbox_id, mailboxes.c.deleted_at.is_(None))
    if workspace_id is not None:
        query = query.where(mailboxes.c.workspace_id == workspace_id)
    row = (await conn.execute(query.with_for_update(key_share=True) if lock else query)).mappings().one_or_none()
    return _view(row) if row else None


async def load_asked(conn: AsyncConnection, *, workspace_id: UUID, key: str) -> tuple[MailboxView, str | None] | None:
    """What was added under an Idempotency-Key, with the fingerprint of that request."""
    query = select(mailboxes).where(mailboxes.c.workspace_id == workspace_id, mailboxes.c.idempotency_key == key)
    row = (await conn.execute(query)).mappings().one_or_none()
    return (_view(row), row["asked"]) if row else None


async def load_by_address(conn: AsyncConnection, *, workspace_id: UUID, address: str) -> MailboxView | None:
    """The workspace's mailbox of an address."""
    query = _own(workspace_id).where(mailboxes.c.address == address)
    row = (await conn.execute(query)).mappings().one_or_none()
    return _view(row) if row else None


async def page(
    conn: AsyncConnection, *, workspace_id: UUID, shared_id: UUID | None, before: UUID | None, limit: int
) -> list[MailboxView]:
    """The workspace's own and the one of the settings, newest first."""
    mine = or_(mailboxes.c.workspace_id == workspace_id, mailboxes.c.id == shared_id)
    query = select(mailboxes).where(mine, mailboxes.c.deleted_at.is_(None))
    if before is not None:
        query = query.where(mailboxes.c.id < before)
    rows = await conn.execute(query.order_by(mailboxes.c.id.desc()).limit(limit))
    return [_view(row) for row in rows.mappings()]


async def own(conn: AsyncConnection, workspace_id: UUID) -> list[MailboxView]:
    """All of the workspace's own, the oldest first."""
    return [_view(row) for row in (await conn.execute(_own(workspace_id).order_by(mailboxes.c.id))).mappings()]


async def queue_for_adding(conn: AsyncConnection, workspace_id: UUID) -> None:
    """Whoever adds a mailbox to a workspace waits for the others who do, so that a plan's limit is counted once."""
    key = func.hashtextextended(f"sender.add_mailbox:{workspace_id}", 0)
    await conn.execute(select(func.pg_advisory_xact_lock(key)))


async def change(conn: AsyncConnection, mailbox_id: UUID, **columns: Any) -> None:
    """Write these columns; whoever has the mailbox open is told by its `version` to open it anew."""
    query = update(mailboxes).where(mailboxes.c.id == mailbox_id)
    await conn.execute(query.values(**columns, version=mailboxes.c.version + 1))


async def put_setting(conn: AsyncConnection, mailbox_id: UUID, name: str, value: dict[str, Any]) -> None:
    """Replace one part of the settings."""
    # What was found before was found of another setting.
    await change(conn, mailbox_id, settings=mailboxes.c.settings.concat({name: value}), examined_at=None)


async def pause(conn: AsyncConnection, mailbox_id: UUID, *, reason: str, detail: str, now: datetime) -> bool:
    """False when it was paused already: the first reason stays."""
    query = update(mailboxes).where(mailboxes.c.id == mailbox_id, mailboxes.c.state == "active")
    query = query.values(state="paused", paused_reason=reason, paused_detail=detail, paused_at=now)
    return (await conn.execute(query)).rowcount == 1


async def resume(conn: AsyncConnection, mailbox_id: UUID) -> None:
    """It may send again, at once, and what was against it is forgotten."""
    query = update(mailboxes).where(mailboxes.c.id == mailbox_id)
    await conn.execute(
        query.values(
            state="active",
            paused_reason=None,
            paused_detail=None,
            paused_at=None,
            retry_at=None,
            trouble=None,
            failures=0,
            refusals=0,
        )
    )


async def delete(conn: AsyncConnection, mailbox_id: UUID, *, now: datetime) -> None:
    """Its secrets are gone; the row stays, as the mails that left through it name it."""
    await change(conn, mailbox_id, deleted_at=now, secrets=None, sealed_with=None)


async def load_findings(conn: AsyncConnection, mailbox_id: UUID) -> tuple[list[dict[str, Any]], datetime] | None:
    """What the doctor found last, and when."""
    query = select(mailboxes.c.findings, mailboxes.c.examined_at).where(mailboxes.c.id == mailbox_id)
    row = (await conn.execute(query)).one()
    return (row.findings, row.examined_at) if row.examined_at else None


async def keep_findings(
    conn: AsyncConnection, mailbox_id: UUID, findings: list[dict[str, Any]], *, now: datetime
) -> None:
    """What the doctor has found."""
    query = update(mailboxes).where(mailboxes.c.id == mailbox_id)
    await conn.execute(query.values(findings=findings, examined_at=now))


def settings_of(new: NewMailbox) -> dict[str, Any]:
    """How it is reached, as the table keeps it."""
    parts = {"server": new.server, "account": new.account}
    return {name: part.as_json for name, part in parts.items() if part is not None}


def ramp_columns(ramp: Ramp | None) -> dict[str, Any]:
    """What the table keeps of a ramp."""
    columns = ("ramp_from", "ramp_step", "ramp_started")
    return dict(zip(columns, (ramp.start, ramp.step, ramp.started) if ramp else (None, None, None), strict=True))


def _own(workspace_id: UUID) -> Select[Any]:
    return select(mailboxes).where(mailboxes.c.workspace_id == workspace_id, mailboxes.c.deleted_at.is_(None))


def _view(row: RowMapping) -> MailboxView:
    settings: dict[str, Any] = row["settings"]
    ramp = Ramp(row["ramp_from"], row["ramp_step"], row["ramp_started"]) if row["ramp_from"] else None
    paused = row["paused_reason"]
    told: dict[str, Any] = {
        "server": Server(**settings["server"]) if "server" in settings else None,
        "account": ApiAccount.of(settings["account"]) if "account" in settings else None,
        "dkim": Dkim(**settings["dkim"]) if "dkim" in settings else None,
        "has_secrets": row["secrets"] is not None,
        "ramp": ramp,
        "pause": Pause(paused, row["paused_detail"] or "", row["paused_at"] or row["created_at"]) if paused else None,
    }
    plain = {one.name: row[one.name] for one in fields(MailboxView) if one.name not in told}
    return MailboxView(**plain, **told)
