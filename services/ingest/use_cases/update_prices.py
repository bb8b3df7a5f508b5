"""Billing has a new version of the price list: quotes from now on use it, jobs keep theirs."""

from libs.common.contracts.billing import PricesChanged
from libs.common.uow import UnitOfWork
from services.ingest.domain.quotes import Price
from services.ingest.repositories import prices


async def update_prices(event: PricesChanged, *, uow: UnitOfWork) -> None:
    """Keep the version. Raises Conflict when it is known with another price."""
    price = Price(event.price_version, event.credits_per_row, event.credits_per_lead, event.credits_per_column)
    await prices.note(uow.conn, price)
