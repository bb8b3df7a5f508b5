"""What operators do to credits: add some, take some away, void what is left of a grant."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from libs.common.errors import Conflict
from services.billing.domain.credits.grants import Turn, expire_due, grant_credits
from services.billing.domain.credits.ledger import Books, Grant
from services.billing.domain.credits.postings import AccountKind, Movement, Operation, Posting, move


def adjust_up(books: Books, grant: Grant, *, business_key: str, reason: str, now: datetime) -> Turn:
    """Add credits as a grant of their own. What is owed is paid first. Raises what a grant raises."""
    turn = grant_credits(books, grant, business_key=business_key, reason=reason, now=now)
    return replace(turn, movements=tuple(replace(one, operation=Operation.ADJUST) for one in turn.movements))


def adjust_down(books: Books, amount: int, *, business_key: str, reason: str, now: datetime) -> Turn:
    """Take `amount` available credits away, from the beginning of the burn order.

    Raises Conflict `adjustment_above_available` beyond them: what is held or spent is not touched.
    """
    turn = expire_due(books, now=now)
    available = turn.books.balance.available
    if amount > available:
        msg = f"{amount} credits cannot be taken away: {available} are available, and what is held stays held"
        raise Conflict(msg, code="adjustment_above_available", extra={"credits": amount, "available": available})
    left, postings = amount, list[Posting]()
    for grant in turn.books.grants:
        take = min(left, grant.available)
        postings += move(grant.id, take, source=AccountKind.AVAILABLE, target=AccountKind.VOIDED)
        left -= take
    movement = Movement(Operation.ADJUST, business_key, tuple(postings), reason=reason)
    return Turn(turn.books.post(postings), (*turn.movements, movement))


def void_grant(books: Books, grant_id: UUID, *, reason: str, now: datetime) -> Turn:
    """End a grant: what is available of it goes, what it has in holds stays capturable, and what of that is not spent
    expires. Its key is `void:<grant>`: a grant is voided once.

    Raises Conflict `grant_has_nothing_available` when there is nothing to void.
    """
    turn = expire_due(books, now=now)
    grant = turn.books.grant(grant_id)
    if not grant.available:
        msg = f"grant {grant.id} has nothing available to void: {grant.held} of its {grant.size} credits are held"
        raise Conflict(msg, code="grant_has_nothing_available", extra={"held": grant.held})
    postings = tuple(move(grant.id, grant.available, source=AccountKind.AVAILABLE, target=AccountKind.VOIDED))
    movement = Movement(Operation.VOID, f"{Operation.VOID}:{grant.id}", postings, reason=reason)
    ended = turn.books.with_grant(replace(grant, expired_at=now))
    return Turn(ended.post(postings), (*turn.movements, movement))
