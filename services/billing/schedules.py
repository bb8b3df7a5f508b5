"""Billing's clock edge."""

import asyncio
from collections.abc import Sequence

from sqlalchemy.exc import SQLAlchemyError

from libs.common.clock import utc_now
from libs.common.logs import get_logger
from libs.common.schedules import Schedule
from libs.common.uow import UnitOfWorkFactory
from services.billing.use_cases import announce_prices as announcing
from services.billing.use_cases import expire_grants as expiring
from services.billing.use_cases import measure_holds as measuring
from services.billing.use_cases import measure_proofs as measuring_proofs
from services.billing.use_cases import measure_stripe as measuring_stripe
from services.billing.use_cases import prove_accounts as proving
from services.billing.use_cases import question_holds as questioning

log = get_logger()

MEASURE_EVERY_S = 30
_HOUR_S = 3600


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

    async def prove_accounts() -> None:
        await proving.prove_accounts(open_uow=open_uow, now=utc_now())

    return [
        Schedule("question_holds", 60, question_holds),
        Schedule("expire_grants", 60, expire_grants),
        Schedule("announce_prices", _HOUR_S, announce_prices),
        Schedule("prove_accounts", 300, prove_accounts, timeout_s=_HOUR_S / 2),
    ]


async def keep_measuring(open_uow: UnitOfWorkFactory) -> None:
    """What each replica measures for itself. A schedule runs on one replica; the others would go on saying what was."""
    while True:
        try:
            async with open_uow() as uow:
                await measuring.measure_holds(uow=uow, now=utc_now())
                await measuring_proofs.measure_proofs(uow=uow)
                await measuring_stripe.measure_stripe(uow=uow, now=utc_now())
        except (SQLAlchemyError, OSError) as error:
            log.warning("measuring.stumbled", error=str(error))
        await asyncio.sleep(MEASURE_EVERY_S)
