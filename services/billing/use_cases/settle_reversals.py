"""An invoice's credits follow its money: taken back as it goes, given back where a refund failed or a dispute was won."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from libs.common.contracts.billing import CreditsTakenBack
from libs.common.uow import UnitOfWork
from services.billing.domain.credits.grants import claw_back
from services.billing.domain.credits.ledger import Grant, GrantKind
from services.billing.domain.stripe.reversals import Reversal, asked_back, change_to, returned_until
from services.billing.repositories.credits import grants, ledger
from services.billing.repositories.stripe import invoices as invoices
from services.billing.repositories.stripe import reversals as stripe_reversals
from services.billing.repositories.stripe.invoices import KeptInvoice
from services.billing.use_cases.grant_paid import ACTOR, Paid, grant_paid

_CAUSES: dict[str, Literal["refund", "dispute", "void"]] = {"dispute": "dispute", "void": "void"}


async def settle_reversals(invoice: KeptInvoice, *, cause: Reversal, uow: UnitOfWork, now: datetime) -> None:
    """Take or give back what the invoice's reversals ask for beyond what was taken. The account's lock is held.

    Keys: `claw_back:stripe:<id>` (further movements for the same one end in `:2`, …) and `grant:stripe:<id>:<status>`.
    """
    reversals = await stripe_reversals.reversals_of(uow.conn, invoice.id)
    standing = invoice.standing
    wanted = asked_back(standing.granted, money=invoice.money, reversals=reversals)
    change = change_to(wanted, standing)
    recalled = standing.recalled
    if change.take:
        recalled += await _take(invoice, change.take, cause=cause, uow=uow)
    if change.give_back and await _give_back(invoice, change.give_back, cause=cause, uow=uow, now=now):
        recalled -= change.give_back
    await invoices.set_standing(uow.conn, invoice.id, taken=wanted, recalled=recalled)


async def _take(invoice: KeptInvoice, amount: int, *, cause: Reversal, uow: UnitOfWork) -> int:
    """Take from the invoice's grants, one after the other. Answers how much was there."""
    left = amount
    for grant in await _grants(invoice, uow=uow):
        part = min(left, grant.recallable)
        if part:
            await _claw(grant.id, part, workspace_id=invoice.workspace_id, cause=cause, uow=uow)
            left -= part
    await stripe_reversals.note_moved(uow.conn, cause.id, recalled=amount - left)
    return amount - left


async def _claw(grant_id: UUID, amount: int, *, workspace_id: UUID, cause: Reversal, uow: UnitOfWork) -> None:
    number = await stripe_reversals.next_claw(uow.conn, cause.id)
    key = f"claw_back:stripe:{cause.id}" + (f":{number}" if number > 1 else "")
    books = await ledger.lock_books(uow.conn, workspace_id)
    books = await grants.join_grants(uow.conn, books, [grant_id])
    reason = f"{cause.kind} {cause.id}: {cause.reason}" if cause.reason else f"{cause.kind} {cause.id}"
    turn = claw_back(books, grant_id, amount=amount, business_key=key, reason=reason)
    await ledger.save_books(uow.conn, books, turn.books, turn.movements, actor=ACTOR)
    event = CreditsTakenBack(
        credits=amount,
        available=turn.books.balance.available,
        cause=_CAUSES.get(cause.kind, "refund"),
        owed=turn.books.balance.owed - books.balance.owed,
    )
    uow.publish(event, tenant_id=workspace_id)


async def _give_back(invoice: KeptInvoice, amount: int, *, cause: Reversal, uow: UnitOfWork, now: datetime) -> bool:
    """A new grant: what was taken from the old one stays taken there. It pays what is owed first, as every grant does."""
    former = await _grants(invoice, uow=uow)
    lasting = max(former, key=lambda one: (one.expires_at is None, one.expires_at or now))
    paid = Paid(
        business_key=f"grant:stripe:{cause.id}:{cause.status}",
        kind=GrantKind(lasting.kind),
        credits=amount,
        expires_at=returned_until(lasting.expires_at, now=now),
        reason=f"{cause.kind} {cause.id} is {cause.status}",
    )
    done = await grant_paid(paid, workspace_id=invoice.workspace_id, uow=uow, now=now)
    if done:
        await invoices.add_grant(uow.conn, invoice.id, paid.business_key, cause="returned")
        await stripe_reversals.note_moved(uow.conn, cause.id, returned=amount)
    return done


async def _grants(invoice: KeptInvoice, *, uow: UnitOfWork) -> list[Grant]:
    keys = await invoices.grants_of(uow.conn, invoice.id)
    found = [await ledger.find_grant(uow.conn, invoice.workspace_id, key) for key in keys]
    return [one[0] for one in found if one is not None]
