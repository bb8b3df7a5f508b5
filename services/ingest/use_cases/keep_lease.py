"""Keeps a lease while something long is done under it."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.uow import OpenUow

LEASE = timedelta(seconds=60)
RENEW_S = 20


@contextlib.asynccontextmanager
async def keep_lease(
    renew: Callable[[AsyncConnection], Awaitable[object]], *, open_uow: OpenUow
) -> AsyncGenerator[None]:
    """Renew it every RENEW_S, each time in a transaction of its own, until the block ends."""

    async def renewing() -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            async with open_uow() as uow:
                await renew(uow.conn)

    task = asyncio.create_task(renewing())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
