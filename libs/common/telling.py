"""What belongs to a workspace as a stream of lines: one JSON object for each row, read from one snapshot, a page at a time.

`#<table>` begins a table; `#` alone, the last line, says that nothing is missing.
"""

from collections.abc import AsyncIterator
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, func, literal_column, select

from libs.common.belonging import Belongings, Part
from libs.common.uow import UnitOfWorkFactory

END = b"#\n"
_ROWS_AT_ONCE = 200


async def tell(belongings: Belongings, *, workspace_id: UUID, open_uow: UnitOfWorkFactory) -> AsyncIterator[bytes]:
    """All tables that an export has, parents first. Holds a connection until it is read to its end, or closed."""
    engine = open_uow.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    async with engine.connect() as conn, conn.begin():
        for part in belongings.told:
            yield f"#{part.table.name}\n".encode()
            mine = _rows(part, belongings.of(part, workspace_id))
            async with conn.stream(mine, execution_options={"yield_per": _ROWS_AT_ONCE}) as rows:
                async for page in rows.partitions():
                    yield "".join(f"{row[0]}\n" for row in page).encode()
    yield END


def _rows(part: Part, mine: ColumnElement[bool]):
    rows = select(*part.columns).where(mine).subquery("row")
    return select(cast(func.row_to_json(literal_column('"row"')), Text)).select_from(rows)
