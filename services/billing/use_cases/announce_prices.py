"""Say what things cost, at start and once an hour, so that a service that missed it or lost it learns it again."""

from libs.common.contracts.billing import PricesChanged
from libs.common.uow import UnitOfWork
from services.billing.repositories.credits import price_lists


async def announce_prices(*, uow: UnitOfWork) -> None:
    """Publish the newest version. Harmless to repeat: versions only rise."""
    prices = await price_lists.newest(uow.conn)
    event = PricesChanged(
        price_version=prices.version,
        credits_per_row=prices.credits_per_row,
        credits_per_lead=prices.credits_per_lead,
        credits_per_column=prices.credits_per_column,
    )
    uow.publish(event, tenant_id=None)
