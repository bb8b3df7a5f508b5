"""Consents that people have been sent to their provider for."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.keyring import Sealed
from services.sender.domain.mailboxes.consent import Consent
from services.sender.tables import oauth_consents


async def add(conn: AsyncConnection, consent: Consent, *, sealed: Sealed) -> None:
    """A person is on their way; the sealed verifier waits for them."""
    values = {
        "id": consent.id,
        "workspace_id": consent.workspace_id,
        "provider": consent.provider,
        "address": consent.address,
        "name": consent.name,
        "mailbox_id": consent.mailbox_id,
        "expires_at": consent.expires_at,
    }
    await conn.execute(oauth_consents.insert().values(**values, verifier=sealed.data, sealed_with=sealed.sealed_with))


async def load(conn: AsyncConnection, consent_id: UUID, *, workspace_id: UUID) -> tuple[Consent, Sealed] | None:
    """A consent of the workspace, with its verifier."""
    found = oauth_consents.c
    query = select(oauth_consents).where(found.id == consent_id, found.workspace_id == workspace_id)
    row = (await conn.execute(query)).mappings().one_or_none()
    if row is None:
        return None
    consent = Consent(**{name: row[name] for name in Consent.__dataclass_fields__})
    return consent, Sealed(bytes(row["verifier"]), row["sealed_with"])


async def use(conn: AsyncConnection, consent_id: UUID, *, now: datetime) -> bool:
    """Only the first one who comes back with it goes on."""
    query = update(oauth_consents).where(oauth_consents.c.id == consent_id, oauth_consents.c.used_at.is_(None))
    return (await conn.execute(query.values(used_at=now))).rowcount == 1


async def forget_old(conn: AsyncConnection, *, now: datetime) -> int:
    """Those that nobody can come back with."""
    return (await conn.execute(delete(oauth_consents).where(oauth_consents.c.expires_at < now))).rowcount
