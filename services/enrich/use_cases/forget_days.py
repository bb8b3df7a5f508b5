"""Delete what workspaces have used of days that are over."""

from libs.common.uow import UnitOfWorkFactory
from services.enrich.repositories import limits


async def forget_days(open_uow: UnitOfWorkFactory) -> int:
    """The days before yesterday. Answers how many rows went."""
    async with open_uow() as uow:
        return await limits.forget_days(uow.conn)
