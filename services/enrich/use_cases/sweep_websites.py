"""Delete websites that nobody has believed for a week: who asks for one again reads it again."""

from datetime import timedelta

from libs.common.uow import UnitOfWorkFactory
from services.enrich.repositories import websites

KEEP = timedelta(days=7)
_PER_TRANSACTION = 1_000


async def sweep_websites(open_uow: UnitOfWorkFactory) -> int:
    """Until none is left, in small transactions. Answers how many went."""
    gone = 0
    while True:
        async with open_uow() as uow:
            deleted = await websites.sweep(uow.conn, kept=KEEP, limit=_PER_TRANSACTION)
        gone += deleted
        if deleted < _PER_TRANSACTION:
            return gone
