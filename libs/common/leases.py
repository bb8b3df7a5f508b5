"""Keeps a lease while something long is done under it: whoever dies keeps what it had for one lease, however long the work."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from time import monotonic

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.logs import get_logger
from libs.common.uow import OpenUow

log = get_logger()

Renew = Callable[[AsyncConnection], Awaitable[bool]]


@contextlib.asynccontextmanager
async def keep_lease(
    renew: Renew, *, open_uow: OpenUow, lease_s: float, lost: Callable[[], object] | None = None
) -> AsyncGenerator[None]:
    """Renew a lease of `lease_s` seconds thrice in its time, each in a transaction of its own, until the block ends.

    `renew` answers whether it is still ours. When it is not, or could not be asked before the lease ran out, nothing is renewed
    any more and `lost` is called.
    """
    keeping = asyncio.create_task(_keep(renew, open_uow=open_uow, lease_s=lease_s, lost=lost))
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def _keep(renew: Renew, *, open_uow: OpenUow, lease_s: float, lost: Callable[[], object] | None) -> None:
    until, ours = monotonic() + lease_s, True
    while ours:
        await asyncio.sleep(lease_s / 3)
        asked_at = monotonic()
        try:
            async with asyncio.timeout(until - asked_at), open_uow() as uow:
                ours = await renew(uow.conn)
        except TimeoutError:
            ours = False
        except (SQLAlchemyError, OSError) as error:
            log.warning("lease.not_renewed", error=str(error))
        else:
            until = asked_at + lease_s
    if lost is not None:
        lost()
