"""Credits that come in, come back, expire or are clawed back. One rule for all that raises `available`: `arrive`."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from libs.common.errors import Invalid
from services.billing.domain.credits.ledger import Books, Grant, GrantKind
from services.billing.domain.credits.postings import AccountKind, Movement, Operation, Posting, move

REFUND_LIFETIME = timedelta(days=30)
"""How long credits live that are refunded after their own grant has expired."""

PRIORITY = {GrantKind.PROMOTIONAL: 10, GrantKind.PLAN: 20, GrantKind.ADJUSTMENT: 30, GrantKind.PURCHASED: 40}
"""Lower burns first, unless the grant says otherwise: what was paid for outright goes last."""


@dataclass(frozen=True)
class Turn:
    """The books after some movements, and the movements."""

    books: Books
    movements: tuple[Movement, ...]


def arrive(books: Books, grant: Grant, amount: int, *, source: AccountKind, now: datetime) -> tuple[Posting, ...]:
    """Where credits of a grant go that leave `source` for the customer.

    What comes back to an expired grant expires with it. Anything else pays what is owed first; the rest is available.
    """
    if grant.is_dead(now):
        return tuple(move(grant.id, amount, source=source, target=AccountKind.EXPIRED))
    paid = min(amount, books.balance.owed)
    debt = (Posting(AccountKind.OWED, -paid, grant.id), Posting(AccountKind.RECEIVABLE, paid)) if paid else ()
    return (
        *move(grant.id, paid, source=source, target=AccountKind.CLAWED_BACK),
        *debt,
        *move(grant.id, amount - paid, source=source, target=AccountKind.AVAILABLE),
    )


def grant_credits(books: Books, grant: Grant, *, business_key: str, reason: str, now: datetime) -> Turn:
    """Write a new grant, debts paid first. Raises Invalid for a grant of nothing or one that has expired already."""
    if grant.size < 1:
        msg = f"a grant has at least 1 credit, not {grant.size}"
        raise Invalid(msg, code="grant_empty")
    if grant.is_dead(now):
        msg = f"the grant would have expired at {grant.expires_at}, before it is made: give a later expires_at"
        raise Invalid(msg, code="grant_expired")
    postings = arrive(books, grant, grant.size, source=AccountKind.ISSUED, now=now)
    movement = Movement(Operation.GRANT, business_key, postings, reason=reason)
    return Turn(books.with_grant(grant).post(postings), (movement,))


def expire_due(books: Books, *, now: datetime) -> Turn:
    """Expire what is available in grants whose date has passed. What they have in holds stays capturable."""
    movements: list[Movement] = []
    for grant in books.grants:
        if not grant.is_dead(now) or not grant.available:
            continue
        postings = tuple(move(grant.id, grant.available, source=AccountKind.AVAILABLE, target=AccountKind.EXPIRED))
        movements.append(Movement(Operation.EXPIRE, f"{Operation.EXPIRE}:{grant.id}", postings))
        books = books.with_grant(replace(grant, expired_at=now)).post(postings)
    return Turn(books, tuple(movements))


def claw_back(
    books: Books, grant_id: UUID, *, reason: str, amount: int | None = None, business_key: str | None = None
) -> Turn:
    """Take credits of a grant back, all of it unless `amount` says how many: what is available of it at once, the rest
    becomes owed, be it held, spent, or gone to pay older debts.

    Never more than is left of it to take back (`recallable`), so parts that were taken before are not taken again.
    Without a `business_key` it is `claw_back:<grant>`: a grant as a whole is clawed back once.
    Raises Invalid `claw_back_empty` for an amount below 1.
    """
    if amount is not None and amount < 1:
        msg = f"at least 1 credit can be taken back, not {amount}"
        raise Invalid(msg, code="claw_back_empty")
    grant = books.grant(grant_id)
    total = grant.recallable if amount is None else min(amount, grant.recallable)
    at_once = min(total, grant.available)
    owed = total - at_once
    debt = (Posting(AccountKind.OWED, owed, grant.id), Posting(AccountKind.RECEIVABLE, -owed)) if owed else ()
    postings = (
        *move(grant.id, at_once, source=AccountKind.AVAILABLE, target=AccountKind.CLAWED_BACK),
        *debt,
    )
    key = business_key or f"{Operation.CLAW_BACK}:{grant.id}"
    movements = (Movement(Operation.CLAW_BACK, key, postings, reason=reason),) if postings else ()
    return Turn(books.post(postings), movements)


def give_back(
    books: Books, grant_id: UUID, amount: int, *, renewed_id: UUID, now: datetime
) -> tuple[Books, tuple[Posting, ...]]:
    """Refunded credits go back to the grant they were captured from, whatever has become of it.

    When it has expired they pass through it (they expire from it), and a new grant `renewed_id` of as many credits is
    written, which lives 30 days.
    """
    grant = books.grant(grant_id)
    back = arrive(books, grant, amount, source=AccountKind.REFUNDED, now=now)
    after = books.post(back)
    if not grant.is_dead(now):
        return after, back
    renewed = Grant(renewed_id, grant.kind, grant.priority, now + REFUND_LIFETIME, size=amount)
    fresh = arrive(after, renewed, amount, source=AccountKind.ISSUED, now=now)
    return after.with_grant(renewed).post(fresh), (*back, *fresh)
