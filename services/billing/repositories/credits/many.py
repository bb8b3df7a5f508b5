"""Reading and writing many rows with one statement: each column travels as one array."""

import functools
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.db import driver_of

_DIALECT = postgresql.dialect()
_INSERT = "INSERT INTO {table} ({names}) SELECT {names} FROM {rows}"
_INSTEAD = " ON CONFLICT ({key}) DO UPDATE SET {changed}"
_UPDATE = "UPDATE {table} AS t SET {changed} FROM {rows} WHERE t.{key} = n.{key}"
_FIND = "SELECT {names} FROM {rows} JOIN {table} AS t ON {on}"


class Statement:
    """One statement about rows that are given by some columns of a table. `{rows}` in it is where they come from."""

    def __init__(self, table: Table, columns: Sequence[str], template: str, **parts: str) -> None:
        self.columns = tuple(columns)
        self._types = [table.c[name].type.compile(_DIALECT) for name in columns]
        self._parts = {"table": table.fullname, **parts}
        self._template = template

    def text(self, after: int = 0) -> str:
        """The statement; its parameters are numbered on after so many others."""
        given = ", ".join(f"${after + nth}::{type_}[]" for nth, type_ in enumerate(self._types, start=1))
        return self._template.format(rows=f"unnest({given}) AS n ({', '.join(self.columns)})", **self._parts)


Writing = tuple[Statement, Sequence[Sequence[object]]]
"""What is to be written, and for which rows, in the order of the statement's columns."""


def insert(table: Table, columns: Sequence[str], *, key: Sequence[str] = (), fixed: Sequence[str] = ()) -> Statement:
    """Write new rows; with a `key`, rows that are there already get the other columns. A row whose `fixed` columns, which
    may not be null, would change fails the statement."""
    same = "{0} = CASE {1}.{0} WHEN EXCLUDED.{0} THEN EXCLUDED.{0} END"
    changed = ", ".join(
        same.format(name, table.name) if name in fixed else f"{name} = EXCLUDED.{name}"
        for name in columns
        if name not in key
    )
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
    return await (await driver_of(conn)).fetch(_alone(statement), *zip(*rows, strict=True))


async def write(conn: AsyncConnection, writings: Iterable[Writing]) -> None:
    """Write everything in one trip. All of it sees the same rows: none may rest on what another of it writes."""
    given = [(statement, rows) for statement, rows in writings if rows]
    if not given:
        return
    values = [column for _, rows in given for column in zip(*rows, strict=True)]
    await (await driver_of(conn)).fetch(_together(tuple(statement for statement, _ in given)), *values)


@functools.cache
def _alone(statement: Statement) -> str:
    return statement.text()


@functools.cache
def _together(statements: tuple[Statement, ...]) -> str:
    """Foreign keys are checked when all of it is done."""
    parts, after = list[str](), 0
    for number, statement in enumerate(statements):
        parts.append(f"s{number} AS ({statement.text(after)})")
        after += len(statement.columns)
    return f"WITH {', '.join(parts)} SELECT 1"
