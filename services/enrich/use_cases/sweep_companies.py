"""Delete what was found out about companies and serves nobody any more."""

from libs.common.uow import UnitOfWorkFactory
from services.enrich.repositories import company_research

_PER_TRANSACTION = 500


async def sweep_companies(open_uow: UnitOfWorkFactory, *, fresh_s: float) -> int:
    """What is fresh no longer and asked for by nobody, until none is left, in small transactions. Answers how many went."""
    gone = 0
    while True:
        async with open_uow() as uow:
            deleted = await company_research.forget(uow.conn, fresh_s=fresh_s, limit=_PER_TRANSACTION)
        gone += deleted
        if deleted < _PER_TRANSACTION:
            return gone
