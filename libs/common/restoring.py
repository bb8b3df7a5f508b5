"""A service's data are those of a moment in the past, and its broker is empty: what has to be done before it is started.

All services: what was confirmed since the outbox forgets is published again, since the broker that had it is gone, and the
clock begins anew. Some have more to do, `python -m services.<name>.restored MOMENT`, which this module runs.
"""

import argparse
import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import datetime

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common import outbox
from libs.common.db import make_engine
from libs.common.migrations import urls_from_environment
from libs.common.settings import normalise_database_url
from libs.common.tables import CommonTables
from libs.common.uow import UnitOfWorkFactory

NoteRestore = Callable[[UnitOfWorkFactory, datetime], Awaitable[str]]
"""Given the moment that the data are of; answers a sentence about what it did. A second time it finds nothing to do."""


async def take_up_again(conn: AsyncConnection, tables: CommonTables) -> int:
    """In the caller's transaction; answers how many events are published again. Safe to repeat: consumers' inboxes, and the
    keys behind them, know what was handled at that moment."""
    at_once = {"due_at": func.now(), "lease_token": None, "lease_until": None}
    await conn.execute(update(tables.schedules).values(at_once))
    return await outbox.publish_again(conn, tables.outbox)


def main(service: str, tables: CommonTables, note_restore: NoteRestore) -> None:
    """The command of a service that has more to do. Its only argument is the moment (ISO 8601, with its zone)."""
    parser = argparse.ArgumentParser(description=f"Tell {service} that its data have been restored.")
    parser.add_argument("moment", type=datetime.fromisoformat)
    print(asyncio.run(_run(service, tables, note_restore, parser.parse_args().moment)))  # noqa: T201 - its answer


async def _run(service: str, tables: CommonTables, note_restore: NoteRestore, moment: datetime) -> str:
    url = normalise_database_url(urls_from_environment(os.environ)[service])
    engine = make_engine(url, pool_size=1, service=service)
    try:
        return await note_restore(UnitOfWorkFactory(engine, tables), moment)
    finally:
        await engine.dispose()
