"""What the sweepers of the common tables delete, and what they must never touch."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Table, select

from libs.common import inbox, outbox
from libs.common.clock import utc_now
from libs.common.ids import new_id
from libs.common.messaging import dead_letters
from libs.common.retention import KEEP_INBOX, KEEP_OUTBOX, KEEP_SETTLED, retention_schedules
from libs.common.uow import UnitOfWorkFactory
from tests.integration.common.conftest import COMMON

MINUTE = timedelta(minutes=1)


async def _add(open_uow: UnitOfWorkFactory, table: Table, **values: object) -> UUID:
    key = next(name for name in ("message_id", "id") if name in table.c)
    row_id = new_id()
    async with open_uow() as uow:
        await uow.conn.execute(table.insert().values({key: row_id, **values}))
    return row_id


async def _left(open_uow: UnitOfWorkFactory, table: Table) -> set[UUID]:
    column = table.c.message_id if "message_id" in table.c else table.c.id
    async with open_uow() as uow:
        return set((await uow.conn.execute(select(column))).scalars())


async def _sweep(open_uow: UnitOfWorkFactory, name: str) -> None:
    (schedule,) = [schedule for schedule in retention_schedules(open_uow) if schedule.name == name]
    await schedule.work()


async def test_only_outbox_rows_that_were_confirmed_a_day_ago_go(open_uow: UnitOfWorkFactory) -> None:
    """Red when an unpublished row goes (its event would be lost), however old it is, or one that was just confirmed."""
    now = utc_now()

    async def row(*, created: datetime, published: datetime | None) -> UUID:
        return await _add(
            open_uow, COMMON.outbox, routing_key="k", body=b"{}", created_at=created, published_at=published
        )

    ages_ago = now - timedelta(days=400)
    await row(created=ages_ago, published=now - KEEP_OUTBOX - MINUTE)
    unpublished = await row(created=ages_ago, published=None)
    fresh = await row(created=ages_ago, published=now - KEEP_OUTBOX + MINUTE)
    await _sweep(open_uow, "sweep_outbox")
    assert await _left(open_uow, COMMON.outbox) == {unpublished, fresh}
    assert timedelta(hours=24) == KEEP_OUTBOX


async def test_only_inbox_rows_of_more_than_30_days_go(open_uow: UnitOfWorkFactory) -> None:
    """Red when the inbox forgets what may still be replayed."""
    now = utc_now()
    await _add(open_uow, COMMON.inbox, consumer="q", received_at=now - KEEP_INBOX - MINUTE)
    kept = await _add(open_uow, COMMON.inbox, consumer="q", received_at=now - KEEP_INBOX + MINUTE)
    await _sweep(open_uow, "sweep_inbox")
    assert await _left(open_uow, COMMON.inbox) == {kept}
    assert KEEP_INBOX >= dead_letters.REPLAY_WITHIN


async def test_only_dead_letters_that_were_settled_30_days_ago_go(open_uow: UnitOfWorkFactory) -> None:
    """Red when a settled letter stays for ever, or when one goes that nobody has dealt with, or that somebody just has."""
    now = utc_now()

    async def letter(key: str, *, resolved: datetime | None) -> UUID:
        values: Mapping[str, object] = {
            "queue": "q", "message_key": key, "body": b"{}", "cause": "c", "attempts": 1, "first_error": "e",
            "last_error": "e", "died_at": now - timedelta(days=400), "resolved_at": resolved,
            "resolution": "replayed" if resolved else None,
        }  # fmt: skip
        return await _add(open_uow, COMMON.dead_letters, **values)

    await letter("old", resolved=now - KEEP_SETTLED - MINUTE)
    kept = {await letter("open", resolved=None), await letter("young", resolved=now - KEEP_SETTLED + MINUTE)}
    await _sweep(open_uow, "sweep_dead_letters")
    assert await _left(open_uow, COMMON.dead_letters) == kept


async def test_a_sweep_goes_on_until_nothing_is_left(
    open_uow: UnitOfWorkFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In batches, so that no transaction is long. Red when a run ends with its first batch: the table would only grow."""
    for module in (outbox, inbox, dead_letters):
        monkeypatch.setattr(module, "_SWEEP_ROWS", 2)
    for _ in range(5):
        await _add(open_uow, COMMON.inbox, consumer="q", received_at=utc_now() - 2 * KEEP_INBOX)
    await _sweep(open_uow, "sweep_inbox")
    assert await _left(open_uow, COMMON.inbox) == set()
