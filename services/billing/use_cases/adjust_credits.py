"""An operator adds credits to a workspace, or takes some of the available ones away."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.contracts.billing import CreditsGranted, CreditsTakenBack
from libs.common.errors import Conflict
from libs.common.ids import new_id
from libs.common.uow import UnitOfWork
from services.billing.domain.credits.adjusting import adjust_down, adjust_up
from services.billing.domain.credits.grants import PRIORITY, Turn
from services.billing.domain.credits.ledger import Books, Grant, GrantKind
from services.billing.domain.credits.postings import AccountKind
from services.billing.repositories.credits import ledger, movements
from services.billing.repositories.credits.ledger import GrantOrigin
from services.billing.repositories.credits.movements import LedgerItem


@dataclass(frozen=True)
class Adjustment:
    """`credits` more, or less where it is negative. Never 0."""

    credits: int
    reason: str


async def adjust_credits(
    asked: Adjustment, *, workspace_id: UUID, idempotency_key: str, uow: UnitOfWork, now: datetime, actor: str
) -> LedgerItem:
    """Key: `adjust:key:<idempotency key>` in the workspace, for ever: the second time it answers with the first movement.

    Raises Conflict `idempotency_key_reused` when the key was used for something else, `adjustment_above_available` when
    more is to be taken away than is available.
    """
    key = f"adjust:key:{idempotency_key}"
    books = await ledger.lock_books(uow.conn, workspace_id)
    earlier = await movements.find_movement(uow.conn, workspace_id, key)
    if earlier is not None:
        return _same(asked, earlier)
    turn = await _decide(books, asked, key=key, uow=uow, now=now, actor=actor)
    await ledger.save_books(uow.conn, books, turn.books, turn.movements, actor=actor)
    _announce(asked, available=turn.books.balance.available, workspace_id=workspace_id, uow=uow)
    written = await movements.find_movement(uow.conn, workspace_id, key)
    assert written is not None
    return written


async def _decide(books: Books, asked: Adjustment, *, key: str, uow: UnitOfWork, now: datetime, actor: str) -> Turn:
    if asked.credits < 0:
        return adjust_down(books, -asked.credits, business_key=key, reason=asked.reason, now=now)
    kind = GrantKind.ADJUSTMENT
    fresh = Grant(new_id(), kind, PRIORITY[kind], None, size=asked.credits)
    turn = adjust_up(books, fresh, business_key=key, reason=asked.reason, now=now)
    origin = GrantOrigin(key, asked.reason, actor)
    await ledger.add_grant(uow.conn, books.workspace_id, turn.books.grant(fresh.id), origin)
    return turn


def adjusted(item: LedgerItem) -> int:
    """How many credits a movement of this operation added (negative: took away)."""
    return -item.changes.get(AccountKind.ISSUED, 0) - item.changes.get(AccountKind.VOIDED, 0)


def _same(asked: Adjustment, earlier: LedgerItem) -> LedgerItem:
    if (asked.credits, asked.reason) != (adjusted(earlier), earlier.reason):
        msg = (
            f"this Idempotency-Key adjusted the balance by {adjusted(earlier)} credits ({earlier.reason!r}) before:"
            " use a new key"
        )
        raise Conflict(msg, code="idempotency_key_reused")
    return earlier


def _announce(asked: Adjustment, *, available: int, workspace_id: UUID, uow: UnitOfWork) -> None:
    event = (
        CreditsGranted(credits=asked.credits, available=available, kind=GrantKind.ADJUSTMENT.value)
        if asked.credits > 0
        else CreditsTakenBack(credits=-asked.credits, available=available, cause="adjustment", owed=0)
    )
    uow.publish(event, tenant_id=workspace_id)
