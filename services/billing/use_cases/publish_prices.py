"""An operator publishes a new version of the price list: it holds from now on, and no job changes its price."""

from dataclasses import asdict

from libs.common.errors import Conflict
from libs.common.uow import UnitOfWork
from services.billing.repositories.credits import price_lists
from services.billing.repositories.credits.price_lists import PriceList
from services.billing.use_cases.announce_prices import announce_prices


async def publish_prices(asked: PriceList, *, uow: UnitOfWork, actor: str) -> PriceList:
    """Key: the version. Asked again, it answers with what was published.

    Raises Conflict `price_version_taken` when the version is there with other prices, `price_version_not_next` when one
    in between is missing.
    """
    newest = await price_lists.newest(uow.conn)
    if asked.version > newest.version + 1:
        msg = f"the newest price list is version {newest.version}: publish version {newest.version + 1} next"
        raise Conflict(msg, code="price_version_not_next", extra={"next": newest.version + 1})
    written = await price_lists.add(uow.conn, asked, actor=actor)
    if _content(written) != _content(asked):
        msg = f"version {asked.version} of the price list is published with other prices: versions never change"
        raise Conflict(msg, code="price_version_taken", extra={"next": newest.version + 1})
    await announce_prices(uow=uow)
    return written


def _content(prices: PriceList) -> dict[str, object]:
    return {name: value for name, value in asdict(prices).items() if name != "created_at"}
