"""The last word on each provider account."""

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.providers import ProviderState
from services.ingest.tables import provider_states

_COLUMNS = (
    provider_states.c.account,
    provider_states.c.provider,
    provider_states.c.workspace_id,
    provider_states.c.counter,
    provider_states.c.exhausted,
    provider_states.c.reason,
    provider_states.c.message,
    provider_states.c.resume_at,
)


async def note(conn: AsyncConnection, state: ProviderState) -> bool:
    """Keep a state. False, and nothing written, when its counter is not above the one known."""
    fresh = {
        "provider": state.provider,
        "workspace_id": state.workspace_id,
        "counter": state.counter,
        "exhausted": state.exhausted,
        "reason": state.reason,
        "message": state.message,
        "resume_at": state.resume_at,
    }
    written = await conn.execute(
        insert(provider_states)
        .values(account=state.account, **fresh)
        .on_conflict_do_update(
            index_elements=["account"],
            set_={**fresh, "changed_at": func.now()},
            where=provider_states.c.counter < state.counter,
        )
    )
    return written.rowcount == 1


async def known(conn: AsyncConnection) -> list[ProviderState]:
    """Every account anybody has spoken of."""
    return [ProviderState(*row) for row in await conn.execute(select(*_COLUMNS))]
