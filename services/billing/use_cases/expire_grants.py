"""Credits whose date has passed are available no longer."""

from datetime import datetime

from libs.common.uow import OpenUow
from services.billing.domain.credits.grants import expire_due
from services.billing.repositories.credits import ledger

_BATCH = 500


async def expire_grants(*, open_uow: OpenUow, now: datetime, actor: str) -> int:
    """Key: `expire:<grant>`. One transaction per account, so that no account waits for another. Answers how many grants."""
    async with open_uow() as uow:
        due = await ledger.workspaces_with_due_grants(uow.conn, now=now, limit=_BATCH)
    expired = 0
    for workspace_id in due:
        async with open_uow() as uow:
            books = await ledger.lock_books(uow.conn, workspace_id)
            turn = expire_due(books, now=now)
            await ledger.save_books(uow.conn, books, turn.books, turn.movements, actor=actor)
            expired += len(turn.movements)
    return expired
