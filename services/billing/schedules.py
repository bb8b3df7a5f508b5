"""Billing's clock edge."""

from collections.abc import Sequence

from libs.common.clock import utc_now
from libs.common.schedules import Schedule
from libs.common.uow import UnitOfWorkFactory
from services.billing.use_cases import announce_prices as announcing
from services.billing.use_cases import expire_grants as expiring
from services.billing.use_cases import question_holds as questioning

_DAY_S = 86_400


def schedules(open_uow: UnitOfWorkFactory) -> Sequence[Schedule]:
    """What billing does by the clock."""

    async def question_holds() -> None:
        async with open_uow() as uow:
            await questioning.question_holds(uow=uow, now=utc_now())

    async def expire_grants() -> None:
        await expiring.expire_grants(open_uow=open_uow, now=utc_now(), actor="billing")

    async def announce_prices() -> None:
        async with open_uow() as uow:
            await announcing.announce_prices(uow=uow)

    return [
        Schedule("question_holds", 60, question_holds),
        Schedule("expire_grants", 60, expire_grants),
        Schedule("announce_prices", _DAY_S, announce_prices),
    ]
