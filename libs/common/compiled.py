"""Statements that are written out once and handed to the driver: for those that run for every mail or row.

One through SQLAlchemy costs ten times as much: most of it is building, hashing and adapting the same statement again.
"""

from typing import Any

import asyncpg
from sqlalchemy.dialects.postgresql import asyncpg as postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

from libs.common.db import driver_of

_DIALECT = postgresql.dialect()


class _Failed(Exception):
    """What SQLAlchemy calls the driver's error; the error itself is its cause."""


class Compiled:
    """A statement whose bindparams are given by name each time it runs. `IN` has no place in it: its length is no parameter."""

    def __init__(self, query: Executable) -> None:
        assert isinstance(query, ClauseElement)
        compiled = query.compile(dialect=_DIALECT)
        assert isinstance(compiled, SQLCompiler)
        assert not compiled.post_compile_params, "an IN list is written out each time: compare with any_(array)"
        self.text = str(compiled)
        self._order = tuple(compiled.positiontup or ())
        self._fixed = {name: bind.value for bind, name in compiled.bind_names.items() if not bind.required}
        self._given = {name for bind, name in compiled.bind_names.items() if bind.required}

    async def fetch(self, conn: AsyncConnection, **values: object) -> list[Any]:
        """The rows, whose columns have names, in the transaction of `conn`. Raises SQLAlchemy's errors, as `execute` does, and
        ValueError when other values are given than the statement wants."""
        if values.keys() != self._given:
            msg = f"the statement wants {', '.join(sorted(self._given))}, and was given {', '.join(sorted(values))}"
            raise ValueError(msg)
        given = {**self._fixed, **values}
        try:
            return await (await driver_of(conn)).fetch(self.text, *(given[name] for name in self._order))
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            failed = _Failed(str(error))
            failed.__cause__ = error
            raise DBAPIError(self.text, None, failed, hide_parameters=True) from error
