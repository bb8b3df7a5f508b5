"""Money has come in: the credits that it paid for."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.contracts.billing import CreditsGranted
from libs.common.ids import new_id
from libs.common.uow import UnitOfWork
from services.billing.domain.credits.grants import PRIORITY, grant_credits
from services.billing.domain.credits.ledger import Grant, GrantKind
from services.billing.repositories.credits import ledger
from services.billing.repositories.credits.ledger import GrantOrigin

ACTOR = "stripe"


@dataclass(frozen=True)
class Paid:
    """Credits under their business key, with the priority of their kind."""

    business_key: str
    kind: GrantKind
    credits: int
    expires_at: datetime | None
    reason: str


async def grant_paid(paid: Paid, *, workspace_id: UUID, uow: UnitOfWork, now: datetime) -> bool:
    """Key: `paid.business_key` in the workspace, for ever. False when it has been granted before."""
    books = await ledger.lock_books(uow.conn, workspace_id)
    if await ledger.find_grant(uow.conn, workspace_id, paid.business_key) is not None:
        return False
    grant = Grant(new_id(), paid.kind, PRIORITY[paid.kind], paid.expires_at, size=paid.credits)
    turn = grant_credits(books, grant, business_key=paid.business_key, reason=paid.reason, now=now)
    origin = GrantOrigin(paid.business_key, paid.reason, ACTOR)
    await ledger.add_grant(uow.conn, workspace_id, turn.books.grant(grant.id), origin)
    await ledger.save_books(uow.conn, books, turn.books, turn.movements, actor=ACTOR)
    event = CreditsGranted(
        credits=grant.size,
        available=turn.books.balance.available,
        kind=grant.kind.value,
        expires_at=grant.expires_at,
    )
    uow.publish(event, tenant_id=workspace_id)
    return True
