"""What belongs to a workspace as a stream of lines: one JSON object for each row, read from one snapshot, a page at a time.

`#<table>` begins a table; `#` alone, the last line, says that nothing is missing.
"""

from collections.abc import AsyncGenerator
from uuid import UUID

import anyio
from sqlalchemy import ColumnElement, Text, cast, func, literal_column, select

from libs.common.belonging import Belongings, Part
from libs.common.uow import UnitOfWorkFactory

END = b"#\n"
_ROWS_AT_ONCE = 200


async def tell(belongings: Belongings, *, workspace_id: UUID, open_uow: UnitOfWorkFactory) -> AsyncGenerator[bytes]:
    """All tables that an export has, parents first. Holds a connection until it is read to its end, or closed."""
    engine = open_uow.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    conn = await engine.connect()
    try:
        await conn.begin()
        for part in belongings.told:
            yield f"#{part.table.name}\n".encode()
            mine = _rows(part, belongings.of(part, workspace_id))
            rows = await conn.stream(mine, execution_options={"yield_per": _ROWS_AT_ONCE})
            async for page in rows.partitions():
                yield "".join(f"{row[0]}\n" for row in page).encode()
    finally:
        # A reader who leaves cancels every await from there on, this one too: the connection would be lost.
        with anyio.CancelScope(shield=True):
            await conn.close()
    yield END


def _rows(part: Part, mine: ColumnElement[bool]):
    rows = select(*part.columns).where(mine).subquery("row")
    return select(cast(func.row_to_json(literal_column('"row"')), Text)).select_from(rows)
