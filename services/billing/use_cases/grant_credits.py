"""An operator gives a workspace credits."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.contracts.billing import CreditsGranted
from libs.common.errors import Conflict, NotFound
from libs.common.ids import new_id
from libs.common.uow import UnitOfWork
from services.billing.domain.credits.grants import PRIORITY
from services.billing.domain.credits.grants import grant_credits as decide
from services.billing.domain.credits.ledger import Grant, GrantKind
from services.billing.repositories.credits import ledger
from services.billing.repositories.credits.ledger import GrantOrigin


@dataclass(frozen=True)
class GrantRequest:
    """What was asked for. `priority` defaults to that of the kind; lower burns first."""

    credits: int
    reason: str
    kind: GrantKind
    priority: int | None = None
    expires_at: datetime | None = None

    @property
    def burns_at(self) -> int:
        return PRIORITY[self.kind] if self.priority is None else self.priority


async def grant_credits(
    request: GrantRequest, *, workspace_id: UUID, idempotency_key: str, uow: UnitOfWork, now: datetime, actor: str
) -> Grant:
    """Key: `grant:key:<idempotency key>` in the workspace, for ever: the second time it answers with the first grant.

    Raises Conflict `idempotency_key_reused` when the key was used for something else, Invalid for a grant that is empty
    or has expired already.
    """
    origin = GrantOrigin(f"grant:key:{idempotency_key}", request.reason, actor)
    books = await ledger.lock_books(uow.conn, workspace_id)
    earlier = await ledger.find_grant(uow.conn, workspace_id, origin.business_key)
    if earlier is not None:
        return _same(request, *earlier)
    fresh = Grant(new_id(), request.kind, request.burns_at, request.expires_at, size=request.credits)
    turn = decide(books, fresh, business_key=origin.business_key, reason=request.reason, now=now)
    written = turn.books.grant(fresh.id)
    await ledger.add_grant(uow.conn, workspace_id, written, origin)
    await ledger.save_books(uow.conn, books, turn.books, turn.movements, actor=actor)
    _announce(written, available=turn.books.balance.available, workspace_id=workspace_id, uow=uow)
    return written


def _same(request: GrantRequest, grant: Grant, origin: GrantOrigin) -> Grant:
    asked = (request.credits, request.kind, request.burns_at, request.expires_at, request.reason)
    if asked != (grant.size, grant.kind, grant.priority, grant.expires_at, origin.reason):
        msg = f"this Idempotency-Key made a grant of {grant.size} credits ({origin.reason!r}) before: use a new key"
        raise Conflict(msg, code="idempotency_key_reused")
    return grant


def _announce(grant: Grant, *, available: int, workspace_id: UUID, uow: UnitOfWork) -> None:
    event = CreditsGranted(credits=grant.size, available=available, kind=grant.kind.value, expires_at=grant.expires_at)
    uow.publish(event, tenant_id=workspace_id)


async def require_account(workspace_id: UUID, *, uow: UnitOfWork) -> None:
    """Raises NotFound `account_not_found` for a workspace that has not been heard of."""
    if not await ledger.has_account(uow.conn, workspace_id):
        msg = f"workspace {workspace_id} has no account"
        raise NotFound(msg, code="account_not_found")
