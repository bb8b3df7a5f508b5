"""How a workspace sends: under which name, from where, how many a day."""

from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.tables import workspaces


@dataclass(frozen=True)
class SendingSettings:
    """Empty `sender_name` and `postal_address` are the mailbox's own; None as `daily_quota` is the default, as
    `domain_quota` no limit. `follow_up_share` is the percentage of a day that follow-ups may take first."""

    sender_name: str
    postal_address: str
    time_zone: str
    daily_quota: int | None
    domain_quota: int | None
    follow_up_share: int
    campaign_pause_days: int


async def load_settings(conn: AsyncConnection, workspace_id: UUID, *, lock: bool = False) -> SendingSettings:
    """Of a workspace that has reached the sender. `lock` makes planners wait."""
    query = select(*(workspaces.c[name] for name in SendingSettings.__dataclass_fields__))
    query = query.where(workspaces.c.id == workspace_id)
    row = (await conn.execute(query.with_for_update(key_share=True) if lock else query)).mappings().one()
    return SendingSettings(**row)


async def save_settings(conn: AsyncConnection, workspace_id: UUID, told: SendingSettings) -> None:
    """They hold for every plan and every mail from now on."""
    await conn.execute(update(workspaces).where(workspaces.c.id == workspace_id).values(**asdict(told)))
