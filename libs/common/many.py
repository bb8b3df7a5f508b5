"""Reading and writing many rows with one statement: each column travels as one array."""

import functools
from collections.abc import Iterable, Mapping, Sequence
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
_BEHIND = "(SELECT * FROM {rows} WHERE (SELECT count(*) FROM {part}) >= 0) AS n"
_NUMBERED = "SELECT {nth}, found FROM ({find}) AS found"


class Statement:
    """One statement about rows that are given by some columns of a table. `{rows}` in it is where they come from.

    A column that is given twice has another name the second time: `renamed` says which column that is.
    """

    def __init__(
        self,
        table: Table,
        columns: Sequence[str],
        template: str,
        *,
        renamed: Mapping[str, str] | None = None,
        **parts: str,
    ) -> None:
        names = renamed or {}
        self.columns = tuple(columns)
        self._types = [table.c[names.get(name, name)].type.compile(_DIALECT) for name in columns]
        self._parts = {"table": table.fullname, **parts}
        self._template = template
        # A plan is kept where it costs no more than one for these parameters would. One that knew how few rows there are would
        # cost less for every join, and be made anew each time, which takes longer than what it plans; so they are not shown.
        self._joins = not template.startswith(_INSERT)

    def text(self, after: int = 0, *, behind: str | None = None) -> str:
        """The statement; its parameters are numbered on after so many others. It touches nothing before all of another part
        of the same WITH is done, if it is said to come `behind` it."""
        array = "(SELECT ${}::{}[])" if self._joins else "${}::{}[]"
        given = ", ".join(array.format(after + nth, type_) for nth, type_ in enumerate(self._types, start=1))
        rows = f"unnest({given}) AS n ({', '.join(self.columns)})"
        if behind is not None:
            rows = _BEHIND.format(rows=rows, part=behind)
        return self._template.format(rows=rows, **self._parts)


Given = tuple[Statement, Sequence[Sequence[object]]]
"""A statement, and the rows it is about in the order of its columns: what is to be written, or the keys of what is asked for."""


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


def find(table: Table, key: Sequence[str], columns: Sequence[str], *, where: str = "") -> Statement:
    """Read some columns of the rows with these keys, of those only for which `where` holds."""
    names = ", ".join(f"t.{name}" for name in columns)
    on = " AND ".join([*(f"t.{name} = n.{name}" for name in key), *([f"t.{where}"] if where else [])])
    return Statement(table, key, _FIND, names=names, on=on)


async def read(conn: AsyncConnection, findings: Sequence[Given]) -> list[list[tuple[Any, ...]]]:
    """What some statements of `find` answer for the keys in their rows, in one trip. Nothing is asked for none."""
    found = [list[tuple[Any, ...]]() for _ in findings]
    asked = tuple(statement if rows else None for statement, rows in findings)
    if any(asked):
        for nth, row in await (await driver_of(conn)).fetch(_reading(asked), *_values(findings)):
            found[nth].append(row)
    return found


async def write(conn: AsyncConnection, writings: Iterable[Given], *, in_order: bool = False) -> None:
    """Write everything in one trip. All of it sees the same rows: none may rest on what another of it writes.

    Postgres chooses what it does first, unless it is to be done `in_order`: what has no locks yet then waits for the first
    of it with nothing else in hand.
    """
    given = [one for one in writings if one[1]]
    if given:
        statements = tuple(statement for statement, _ in given)
        await (await driver_of(conn)).fetch(_writing(statements, in_order), *_values(given))


def joined(writings: Iterable[Given], *, after: int, in_order: bool = False) -> tuple[str, list[Sequence[object]]]:
    """The same as parts of the caller's own WITH, each with a comma behind it, and their parameters, which come after so
    many of the caller's."""
    given = [one for one in writings if one[1]]
    parts = _parts(tuple(statement for statement, _ in given), after, in_order)
    return "".join(f"{part}, " for part in parts), _values(given)


def _values(given: Iterable[Given]) -> list[Sequence[object]]:
    return [column for _, rows in given if rows for column in zip(*rows, strict=True)]


@functools.cache
def _reading(statements: tuple[Statement | None, ...]) -> str:
    parts, after = list[str](), 0
    for nth, statement in enumerate(statements):
        if statement is not None:
            parts.append(_NUMBERED.format(nth=nth, find=statement.text(after)))
            after += len(statement.columns)
    return " UNION ALL ".join(parts)


@functools.cache
def _writing(statements: tuple[Statement, ...], in_order: bool) -> str:
    return f"WITH {', '.join(_parts(statements, 0, in_order))} SELECT 1"


@functools.cache
def _parts(statements: tuple[Statement, ...], after: int, in_order: bool) -> list[str]:
    """Foreign keys are checked when all of it is done."""
    parts = list[str]()
    for number, statement in enumerate(statements):
        behind = f"s{number - 1}" if in_order and number else None
        done = " RETURNING 1" if in_order else ""
        parts.append(f"s{number} AS ({statement.text(after, behind=behind)}{done})")
        after += len(statement.columns)
    return parts
