"""An operator ends a grant that should not be there."""

from datetime import datetime
from uuid import UUID

from libs.common.contracts.billing import CreditsTakenBack
from libs.common.errors import Conflict
from libs.common.uow import UnitOfWork
from services.billing.domain.credits.adjusting import void_grant as decide
from services.billing.repositories.credits import grants, ledger, movements
from services.billing.repositories.credits.movements import LedgerItem


async def void_grant(
    grant_id: UUID, *, reason: str, workspace_id: UUID, uow: UnitOfWork, now: datetime, actor: str
) -> LedgerItem:
    """Key: `void:<grant>`: the second time it answers with the first movement.

    Raises NotFound `grant_not_found`, Conflict `grant_voided` when it was voided for another reason before,
    `grant_has_nothing_available`.
    """
    key = f"void:{grant_id}"
    locked = await ledger.lock_books(uow.conn, workspace_id)
    earlier = await movements.find_movement(uow.conn, workspace_id, key)
    if earlier is not None:
        return _same(reason, earlier)
    books = await grants.join_grants(uow.conn, locked, [grant_id])
    turn = decide(books, grant_id, reason=reason, now=now)
    await ledger.save_books(uow.conn, books, turn.books, turn.movements, actor=actor)
    voided = turn.books.grant(grant_id).voided - books.grant(grant_id).voided
    available = turn.books.balance.available
    event = CreditsTakenBack(credits=voided, available=available, cause="void", owed=0)
    uow.publish(event, tenant_id=workspace_id)
    written = await movements.find_movement(uow.conn, workspace_id, key)
    assert written is not None
    return written


def _same(reason: str, earlier: LedgerItem) -> LedgerItem:
    if reason != earlier.reason:
        msg = f"this grant was voided before, because of {earlier.reason!r}"
        raise Conflict(msg, code="grant_voided")
    return earlier
