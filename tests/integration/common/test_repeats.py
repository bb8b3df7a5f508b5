"""Requests that are sent again under their Idempotency-Key: one thing made, one answer, whatever happens in between."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta
from uuid import UUID

import pytest
from pydantic import BaseModel
from sqlalchemy import func, select

from libs.common import repeats
from libs.common.clock import utc_now
from libs.common.errors import Conflict
from libs.common.ids import new_id
from libs.common.repeats import Answer, AnsweredBefore, Once, canonical, fingerprint_of
from libs.common.retention import KEEP_REPEATED, retention_schedules
from libs.common.uow import UnitOfWork, UnitOfWorkFactory
from tests.integration.common.conftest import COMMON

WORKSPACE = UUID(int=1)


class Made(BaseModel):
    """What a route answers with."""

    id: UUID
    name: str = "Müller"


def asked(body: bytes = b"{}", *, key: str | None = "k", workspace_id: UUID = WORKSPACE) -> Once:
    return Once(workspace_id, "POST /v1/things", key, fingerprint_of([body]))


async def make(uow: UnitOfWork, once: Once) -> UUID:
    """A route: what it makes is a row of the inbox."""
    await once.begin(uow)
    made = Made(id=new_id())
    await uow.conn.execute(COMMON.inbox.insert().values(consumer="things", message_id=made.id))
    await once.keep(uow, made, headers={"Location": f"/v1/things/{made.id}"})
    return made.id


async def ask(open_uow: UnitOfWorkFactory, once: Once) -> UUID | Answer:
    try:
        async with open_uow() as uow:
            return await make(uow, once)
    except AnsweredBefore as before:
        return before.answer


async def count(open_uow: UnitOfWorkFactory) -> int:
    async with open_uow() as uow:
        return (await uow.conn.execute(select(func.count()).select_from(COMMON.inbox))).scalar_one()


def answer_of(made: UUID) -> Answer:
    return Answer(201, {"id": str(made), "name": "Müller"}, {"Location": f"/v1/things/{made}"})


async def test_a_request_that_is_sent_again_gets_the_first_answer(open_uow: UnitOfWorkFactory) -> None:
    """Red when a second one is made, or another workspace's key is taken for this one's."""
    made = await ask(open_uow, asked())
    assert isinstance(made, UUID)
    assert await ask(open_uow, asked()) == answer_of(made)
    assert isinstance(await ask(open_uow, asked(key="another")), UUID)
    assert isinstance(await ask(open_uow, asked(workspace_id=UUID(int=2))), UUID)
    assert await count(open_uow) == 3


async def test_without_a_key_each_request_makes_one(open_uow: UnitOfWorkFactory) -> None:
    """Red when requests are remembered that nobody has named."""
    await asked(key=None).look(open_uow)
    for _ in range(2):
        assert isinstance(await ask(open_uow, asked(key=None)), UUID)
    assert await count(open_uow) == 2


async def test_another_request_under_the_same_key_is_refused(open_uow: UnitOfWorkFactory) -> None:
    """Red when a wish is answered with what another one made."""
    await ask(open_uow, asked(b"one"))
    with pytest.raises(Conflict) as refused:
        await ask(open_uow, asked(b"another"))
    assert refused.value.code == "idempotency_key_reused"
    with pytest.raises(Conflict):
        await asked(b"another").look(open_uow)
    with pytest.raises(AnsweredBefore):
        await asked(b"one").look(open_uow)


async def test_of_many_at_once_one_is_made_and_all_get_its_answer(open_uow: UnitOfWorkFactory) -> None:
    """Red when the others do not wait for the first: two are made, or one is told of an answer that is not there."""
    results = await asyncio.gather(*(ask(open_uow, asked()) for _ in range(5)))
    (made,) = [one for one in results if isinstance(one, UUID)]
    assert [one for one in results if isinstance(one, Answer)] == [answer_of(made)] * 4
    assert await count(open_uow) == 1


async def test_a_crash_leaves_neither_the_thing_nor_its_key(open_uow: UnitOfWorkFactory) -> None:
    """Also what is refused after `begin`. Red when the key is written in a transaction of its own: the next one would be told
    of what is not there."""
    with contextlib.suppress(RuntimeError):
        async with open_uow() as uow:
            await make(uow, asked())
            raise RuntimeError
    await asked().look(open_uow)
    assert await count(open_uow) == 0
    assert isinstance(await ask(open_uow, asked(b"another")), UUID)


async def test_requests_are_kept_for_30_days(open_uow: UnitOfWorkFactory) -> None:
    """Red when the table only grows, or when a client that tries again after weeks makes a second one."""
    for key, more in (("old", timedelta(minutes=1)), ("young", timedelta(minutes=-1))):
        await ask(open_uow, asked(key=key))
        async with open_uow() as uow:
            table = uow.repeated_requests
            made_at = utc_now() - KEEP_REPEATED - more
            await uow.conn.execute(table.update().where(table.c.key == key).values(made_at=made_at))
    (sweep,) = [one for one in retention_schedules(open_uow) if one.name == "sweep_repeated_requests"]
    await sweep.work()
    assert isinstance(await ask(open_uow, asked(key="old")), UUID)
    assert isinstance(await ask(open_uow, asked(key="young")), Answer)
    assert timedelta(days=30) <= KEEP_REPEATED


async def test_answers_that_speak_of_somebody_are_forgotten_and_so_are_a_workspaces(
    open_uow: UnitOfWorkFactory,
) -> None:
    """Red when an erased name stays in an answer, or another workspace's goes."""
    for workspace in (1, 2):
        await ask(open_uow, asked(workspace_id=UUID(int=workspace)))
    async with open_uow() as uow:
        table = uow.repeated_requests
        assert await repeats.forget(uow.conn, table, workspace_id=WORKSPACE, naming="Meier") == 0
        assert await repeats.forget(uow.conn, table, workspace_id=WORKSPACE, naming="Müll") == 0, "another name"
        assert await repeats.forget(uow.conn, table, workspace_id=WORKSPACE, naming="müLLER") == 1
        assert await repeats.forget(uow.conn, table, workspace_id=UUID(int=3)) == 0
        assert await repeats.forget(uow.conn, table, workspace_id=UUID(int=2)) == 1


def test_json_is_compared_by_what_it_says() -> None:
    """Red when a client whose library writes members in another order is told that its key stands for something else."""
    assert canonical(b'{"a": 1, "b": [2]}') == canonical(b'{"b":[2],"a":1}')
    assert canonical(b'{"a": 1}') != canonical(b'{"a": 2}')
    assert canonical(b"no json") == b"no json"
    assert fingerprint_of([b"a", b"b"]) != fingerprint_of([b"ab"])
