"""How a workspace stands: its plan, what it may do, and what is sold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.billing.clients.stripe.account import Account
from services.billing.domain.selling.ordering import trial_days_of
from services.billing.domain.selling.plans import ITEMS, Item, PriceIds
from services.billing.domain.selling.prices import KeptPrice
from services.billing.domain.selling.standing import sentence_of
from services.billing.domain.selling.subscriptions import Action, KeptSubscription, actions_of, which_counts
from services.billing.repositories.selling import prices, subscriptions
from services.billing.repositories.selling.entitlements import Entitled
from services.billing.use_cases.renew_entitlements import renew_entitlements


@dataclass(frozen=True)
class Standing:
    """A workspace's plan as a reader is told of it. `entitled.plan` is what is in force."""

    says: str
    subscription: KeptSubscription | None
    actions: frozenset[Action]
    entitled: Entitled


@dataclass(frozen=True)
class Offered:
    """Something that is sold, or would be. `fault` says why it is not: it has no price, or the price does not fit."""

    item: Item
    price: KeptPrice | None
    price_id: str | None
    trial_days: int
    fault: str | None


async def show_plan(workspace_id: UUID, *, account: Account, uow: UnitOfWork, now: datetime) -> Standing:
    """The standing by our record. A workspace that was never told what it may do is told by this."""
    sells = account.sells
    owned = await subscriptions.subscriptions_of(uow.conn, workspace_id, realm=account.realm) if sells else []
    counts = which_counts(owned, now=now)
    return Standing(
        says=sentence_of(counts, sells=sells, now=now),
        subscription=counts,
        actions=actions_of(counts) if sells else frozenset(),
        entitled=await renew_entitlements(workspace_id, account=account, uow=uow, now=now),
    )


async def list_offers(
    workspace_id: UUID, *, account: Account, price_ids: PriceIds, uow: UnitOfWork
) -> Sequence[Offered]:
    """Every item of the catalogue, the small ones first, with its price or why it is not sold."""
    account.require()
    kept = await prices.kept_prices(uow.conn, set(price_ids.ids.values()))
    owned = await subscriptions.subscriptions_of(uow.conn, workspace_id, realm=account.realm)
    return [_offer(item, price_ids=price_ids, kept=kept, owned=owned) for item in ITEMS.values()]


def _offer(
    item: Item, *, price_ids: PriceIds, kept: Mapping[str, KeptPrice], owned: Sequence[KeptSubscription]
) -> Offered:
    price_id = price_ids.id_of(item)
    price = kept.get(price_id or "")
    if price_id is None:
        fault = "no price is configured for it"
    elif price is None or price.item != item:
        fault = "its price has not been read from Stripe yet"
    else:
        fault = price.fault
    return Offered(item, None if fault else price, price_id, trial_days_of(item, owned), fault)
