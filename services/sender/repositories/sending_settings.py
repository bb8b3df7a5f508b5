"""How a workspace sends: under which name, from where, how many a day."""

from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.errors import Transient
from services.sender.tables import workspaces


@dataclass(frozen=True)
class SendingSettings:
    """Empty `sender_name` and `postal_address` are the mailbox's own; None as `daily_quota` is the default, as
    `domain_quota` no limit. `follow_up_share` is the percentage of a day that follow-ups may take first.
    Lists to come write to role addresses as well where it `keeps_roles`."""

    sender_name: str
    postal_address: str
    time_zone: str
    daily_quota: int | None
    domain_quota: int | None
    follow_up_share: int
    campaign_pause_days: int
    keeps_roles: bool


async def load_settings(conn: AsyncConnection, workspace_id: UUID) -> SendingSettings:
    """Raises Transient (workspace_pending) before the workspace has reached the sender."""
    query = select(*(workspaces.c[name] for name in SendingSettings.__dataclass_fields__))
    query = query.where(workspaces.c.id == workspace_id)
    row = (await conn.execute(query)).mappings().first()
    if row is None:
        raise Transient("the workspace has not reached the sender yet: try again in a moment", code="workspace_pending")
    return SendingSettings(**row)


async def save_settings(conn: AsyncConnection, workspace_id: UUID, told: SendingSettings) -> None:
    """They hold for every plan and every mail from now on. The zone is the gateway's to change."""
    values = {name: value for name, value in asdict(told).items() if name != "time_zone"}
    await conn.execute(update(workspaces).where(workspaces.c.id == workspace_id).values(**values))


async def public_name(conn: AsyncConnection, workspace_id: UUID) -> str:
    """The name under which recipients know the workspace; empty where it has given none, or is gone."""
    query = select(workspaces.c.sender_name).where(workspaces.c.id == workspace_id)
    return (await conn.execute(query)).scalar_one_or_none() or ""
