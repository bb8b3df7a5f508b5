"""Reading and writing many rows with one statement: each column travels as one array."""

import functools
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ARRAY, BindParameter, Table, TextClause, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

_INSERT = "INSERT INTO {table} ({names}) SELECT {names} FROM {rows}"
_INSTEAD = " ON CONFLICT ({key}) DO UPDATE SET {changed}"
_UPDATE = "UPDATE {table} AS t SET {changed} FROM {rows} WHERE t.{key} = n.{key}"
_FIND = "SELECT {names} FROM {rows} JOIN {table} AS t ON {on}"


class Statement:
    """One statement about rows that are given by some columns of a table. `{rows}` in it is where they come from."""

    def __init__(self, table: Table, columns: Sequence[str], template: str, **parts: str) -> None:
        self.columns = tuple(columns)
        self._types = [table.c[name].type for name in columns]
        self._parts = {"table": table.fullname, **parts}
        self._template = template

    def text(self, prefix: str = "") -> str:
        """The statement; its parameters are the columns' names with a prefix."""
        given = ", ".join(f":{prefix}{name}" for name in self.columns)
        return self._template.format(rows=f"unnest({given}) AS n ({', '.join(self.columns)})", **self._parts)

    def parameters(self, prefix: str = "") -> list[BindParameter[Any]]:
        pairs = zip(self.columns, self._types, strict=True)
        return [bindparam(prefix + name, type_=ARRAY(type_)) for name, type_ in pairs]


Writing = tuple[Statement, Sequence[Sequence[object]]]
"""What is to be written, and for which rows, in the order of the statement's columns."""


def insert(table: Table, columns: Sequence[str], *, key: Sequence[str] = ()) -> Statement:
    """Write new rows; with a `key`, rows that are there already get the other columns."""
    changed = ", ".join(f"{name} = EXCLUDED.{name}" for name in columns if name not in key)
    template = _INSERT + _INSTEAD if key else _INSERT
    return Statement(table, columns, template, names=", ".join(columns), key=", ".join(key), changed=changed)


def update(table: Table, columns: Sequence[str], *, key: str, also: str = "") -> Statement:
    """Change the rows of some keys: every other column gets what is given, and what `also` says."""
    changed = ", ".join(f"{name} = n.{name}" for name in columns if name != key) + also
    return Statement(table, columns, _UPDATE, changed=changed, key=key)


def find(table: Table, key: Sequence[str], columns: Sequence[str]) -> Statement:
    """Read some columns of the rows with these keys."""
    names = ", ".join(f"t.{name}" for name in columns)
    on = " AND ".join(f"t.{name} = n.{name}" for name in key)
    return Statement(table, key, _FIND, names=names, on=on)


async def read(conn: AsyncConnection, statement: Statement, rows: Sequence[Sequence[object]]) -> Sequence[Any]:
    """What a statement of `find` answers for the keys in these rows. Nothing is asked for none."""
    if not rows:
        return []
    return (await conn.execute(_alone(statement), _columns_of(statement, rows))).all()


async def write(conn: AsyncConnection, writings: Iterable[Writing]) -> None:
    """Write everything in one trip. All of it sees the same rows: none may rest on what another of it writes."""
    given = [(statement, rows) for statement, rows in writings if rows]
    if not given:
        return
    values: dict[str, list[object]] = {}
    for number, (statement, rows) in enumerate(given):
        values |= _columns_of(statement, rows, prefix=f"s{number}_")
    await conn.execute(_together(tuple(statement for statement, _ in given)), values)


def _columns_of(statement: Statement, rows: Sequence[Sequence[object]], *, prefix: str = "") -> dict[str, list[object]]:
    columns = map(list, zip(*rows, strict=True))
    return {prefix + name: column for name, column in zip(statement.columns, columns, strict=True)}


@functools.cache
def _alone(statement: Statement) -> TextClause:
    return text(statement.text()).bindparams(*statement.parameters())


@functools.cache
def _together(statements: tuple[Statement, ...]) -> TextClause:
    """Foreign keys are checked when all of it is done."""
    numbered = [(f"s{number}_", statement) for number, statement in enumerate(statements)]
    parts = ", ".join(f"{prefix} AS ({statement.text(prefix)})" for prefix, statement in numbered)
    found = [parameter for prefix, statement in numbered for parameter in statement.parameters(prefix)]
    return text("WITH " + parts + " SELECT 1").bindparams(*found)
