"""Writing and reading many rows of a table with one statement: each column travels as one array."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ARRAY, Table, TextClause, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

_INSERT = "INSERT INTO {table} ({names}) SELECT {names} FROM {rows}"
_INSTEAD = " ON CONFLICT ({key}) DO UPDATE SET {changed}"
_UPDATE = "UPDATE {table} AS t SET {changed} FROM {rows} WHERE t.{key} = n.{key}"
_FIND = "SELECT {names} FROM {rows} JOIN {table} AS t ON {on}"


class Rows:
    """One statement about rows that are given by some columns of a table. `{rows}` in it is where they come from."""

    def __init__(self, table: Table, columns: Sequence[str], statement: str) -> None:
        self._columns = tuple(columns)
        source = "unnest({}) AS n ({})".format(", ".join(f":{name}" for name in columns), ", ".join(columns))
        arrays = [bindparam(name, type_=ARRAY(table.c[name].type)) for name in columns]
        self._statement: TextClause = text(statement.replace("{rows}", source)).bindparams(*arrays)

    async def run(self, conn: AsyncConnection, rows: Iterable[Sequence[object]]) -> Sequence[Any]:
        """Run it for rows of these columns, in their order; answers what it returns. Nothing happens for none."""
        columns = list(zip(*rows, strict=True))
        if not columns:
            return []
        done = await conn.execute(self._statement, dict(zip(self._columns, map(list, columns), strict=True)))
        return done.all() if done.returns_rows else []


def insert(table: Table, columns: Sequence[str], *, key: Sequence[str] = ()) -> Rows:
    """Write new rows; with a `key`, rows that are there already get the other columns."""
    changed = ", ".join(f"{name} = EXCLUDED.{name}" for name in columns if name not in key)
    template = _INSERT + _INSTEAD if key else _INSERT
    return _rows(table, columns, template, names=", ".join(columns), key=", ".join(key), changed=changed)


def update(table: Table, columns: Sequence[str], *, key: str, also: str = "") -> Rows:
    """Change the rows of some keys: every other column gets what is given, and what `also` says."""
    changed = ", ".join(f"{name} = n.{name}" for name in columns if name != key) + also
    return _rows(table, columns, _UPDATE, changed=changed, key=key)


def find(table: Table, key: Sequence[str], columns: Sequence[str]) -> Rows:
    """Read some columns of the rows with these keys."""
    names = ", ".join(f"t.{name}" for name in columns)
    on = " AND ".join(f"t.{name} = n.{name}" for name in key)
    return _rows(table, key, _FIND, names=names, on=on)


def _rows(table: Table, columns: Sequence[str], template: str, **parts: str) -> Rows:
    return Rows(table, columns, template.format(table=table.fullname, rows="{rows}", **parts))
