"""Many rows with one statement: what is kept of it between two uses."""

from __future__ import annotations

from sqlalchemy import text

from libs.common import many
from libs.common.ids import new_id
from libs.common.uow import UnitOfWorkFactory
from tests.integration.common.conftest import COMMON

_USES = 20
_PLANS = text(
    "SELECT generic_plans, custom_plans FROM pg_prepared_statements"
    " WHERE statement LIKE '%outbox AS t%' AND statement NOT LIKE '%pg_prepared%'"
)
RETRY = many.update(COMMON.outbox, ("id", "attempts"), key="id")
FIND = many.find(COMMON.outbox, ("id",), ("id", "attempts"))


async def test_the_plan_of_a_statement_is_kept_however_many_rows_it_is_about(open_uow: UnitOfWorkFactory) -> None:
    """Red when Postgres plans each use anew, which takes it as long as all it does then."""
    ids = [new_id() for _ in range(5_000)]
    async with open_uow() as uow:
        rows = [(id_, "key", b"{}") for id_ in ids]
        await many.write(uow.conn, [(many.insert(COMMON.outbox, ("id", "routing_key", "body")), rows)])
        await uow.conn.execute(text("ANALYZE ingest.outbox"))
        for nth in range(_USES):
            few = ids[nth : nth + 1 + nth % 2]
            await many.write(uow.conn, [(RETRY, [(id_, nth) for id_ in few])])
            [found] = await many.read(uow.conn, [(FIND, [(id_,) for id_ in few])])
            assert sorted(found) == sorted((id_, nth) for id_ in few)
        plans = (await uow.conn.execute(_PLANS)).all()
    # Five of each are made for their parameters first, to compare.
    assert sorted((row.generic_plans, row.custom_plans) for row in plans) == [(_USES - 5, 5)] * 2
