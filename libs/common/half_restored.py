"""A restore that was broken off must be seen: services that start on half of it would mail, buy and forget what it holds back.

`corofy restore` makes a table in each schema together with its rows, and drops it when all services have been told. Whoever
starts in between is refused.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.logs import get_logger

log = get_logger()

MARKER = "being_restored"
"""The table's name, in the schema of each service."""
_IS_MARKED = text("SELECT to_regclass(:table) IS NOT NULL")


class HalfRestored(Exception):
    """The data are of a restore that has not come to its end."""


async def check_restored(conn: AsyncConnection, *, schema: str) -> None:
    """Raises HalfRestored where a restore of this schema was broken off."""
    marked = await conn.execute(_IS_MARKED, {"table": f'"{schema}"."{MARKER}"'})
    if marked.scalar_one():
        msg = (
            f"the restore of the schema {schema} has not come to its end: run corofy restore with the same file again, which"
            " begins anew; do not start Corofy before"
        )
        log.error("service.not_started", reason=msg)
        raise HalfRestored(msg)
