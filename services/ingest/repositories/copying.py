"""A CSV file straight into a table by COPY: a million rows without one of them in Python."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection


async def copy_file(conn: AsyncConnection, table: Table, path: Path, *, columns: Sequence[str]) -> None:
    """Add the lines of the file, in the transaction that is under way; an empty field without quotes is null.

    The driver begins a transaction with its first statement: one must have been executed on `conn` before.
    """
    raw: Any = (await conn.get_raw_connection()).driver_connection
    await raw.copy_to_table(
        table.name, source=str(path), columns=list(columns), schema_name=table.schema, format="csv", encoding="utf-8"
    )
