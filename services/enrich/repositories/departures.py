"""What enrich has of a deleted workspace beside what carries its id in a column of its own."""

from uuid import UUID

from sqlalchemy import delete, func, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.enrich.domain.account_names import OWN_KEY_PROVIDERS, account_name
from services.enrich.tables import job_states, limit_lines, provider_states

_LAST_VERSION = 2**31 - 1


async def end_jobs(conn: AsyncConnection, workspace_id: UUID) -> int:
    """Rows in hand look at this before they go on; no news of a job is newer. Answers how many were not ended so before."""
    mine = job_states.c.tenant_id == workspace_id, job_states.c.version < _LAST_VERSION
    ended_at = func.coalesce(job_states.c.ended_at, func.now())
    query = update(job_states).where(*mine).values(version=_LAST_VERSION, state="ended", ended_at=ended_at)
    return (await conn.execute(query)).rowcount


async def delete_accounts(conn: AsyncConnection, workspace_id: UUID) -> int:
    """How the workspace's own provider accounts stand. Answers how many rows there were."""
    names = [account_name(provider, workspace_id) for provider in OWN_KEY_PROVIDERS]
    gone = [
        await conn.execute(delete(table).where(table.c.account.in_(names))) for table in (limit_lines, provider_states)
    ]
    return sum(one.rowcount for one in gone)
