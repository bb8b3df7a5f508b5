"""Statements that are written out once: the same rows, transactions and errors as any other statement's."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Integer, Text, any_, bindparam, column, func, insert, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError

from libs.common.compiled import Compiled
from libs.common.db import is_database_outage
from libs.common.ids import new_id
from libs.common.uow import UnitOfWorkFactory
from tests.integration.common.conftest import COMMON

outbox = COMMON.outbox
KEYS = Compiled(
    select(outbox.c.routing_key, (outbox.c.attempts + bindparam("more", type_=Integer())).label("attempts"))
    .where(outbox.c.routing_key == any_(bindparam("keys", type_=ARRAY(Text))))
    .order_by(outbox.c.routing_key)
)


async def test_it_answers_what_the_same_statement_answers_in_the_same_transaction(open_uow: UnitOfWorkFactory) -> None:
    """Red when it runs outside the transaction, or mixes up the order of what is given."""
    async with open_uow() as uow:
        rows = [{"id": new_id(), "routing_key": key, "body": b"{}"} for key in ("b", "a", "c")]
        await uow.conn.execute(insert(outbox), rows)
        found = await KEYS.fetch(uow.conn, keys=["a", "b"], more=3)
    assert [(row["routing_key"], row["attempts"]) for row in found] == [("a", 3), ("b", 3)]


async def test_the_first_statement_of_a_transaction_opens_it(open_uow: UnitOfWorkFactory) -> None:
    """Red when the driver commits by itself: what is rolled back would stay."""
    add = Compiled(
        insert(outbox)
        .values(id=bindparam("new"), routing_key=bindparam("key"), body=func.convert_to(bindparam("words"), "UTF8"))
        .returning(outbox.c.id)
    )

    class Changed(Exception):
        """Of mind."""

    async def change_of_mind() -> None:
        async with open_uow() as uow:
            assert await add.fetch(uow.conn, new=new_id(), key="k", words="{}")
            raise Changed

    with pytest.raises(Changed):
        await change_of_mind()
    async with open_uow() as uow:
        assert (await uow.conn.execute(select(func.count()).select_from(outbox))).scalar_one() == 0


@pytest.mark.parametrize("values", [{}, {"keys": []}, {"keys": [], "more": 1, "fewer": 2}], ids=["none", "few", "many"])
async def test_it_wants_the_values_it_names_and_no_others(open_uow: UnitOfWorkFactory, values: dict[str, Any]) -> None:
    """Red when a value that is forgotten is taken for null."""
    async with open_uow() as uow:
        with pytest.raises(ValueError, match="the statement wants keys, more"):
            await KEYS.fetch(uow.conn, **values)


async def test_a_mistake_is_said_as_any_other_statements_and_is_no_outage(open_uow: UnitOfWorkFactory) -> None:
    """Whoever tries again after an error of the database does so here too. Red when the driver's own error gets out."""
    wrong = Compiled(select((bindparam("n", type_=Integer()) / column("zero")).label("x")).select_from(_zero()))

    async def run() -> None:
        async with open_uow() as uow:
            await wrong.fetch(uow.conn, n=1)

    with pytest.raises(DBAPIError, match="division by zero") as caught:
        await run()
    assert not is_database_outage(caught.value)


async def test_a_server_that_goes_away_is_an_outage(open_uow: UnitOfWorkFactory) -> None:
    """Red when the cause of the error is lost."""
    end = Compiled(select(func.pg_terminate_backend(func.pg_backend_pid())).where(bindparam("really") == text("true")))

    async def run() -> None:
        async with open_uow() as uow:
            await end.fetch(uow.conn, really=True)

    with pytest.raises(ConnectionError):
        await run()


def test_a_list_of_changing_length_is_refused_when_it_is_written_out() -> None:
    """Red when it is let through: its values would be lost."""
    with pytest.raises(AssertionError, match="any_"):
        Compiled(select(outbox.c.id).where(outbox.c.routing_key.in_(["a", "b"])))


def _zero() -> Any:
    return select(func.length("").label("zero")).subquery()
