"""The clock of what is handed over: other schedulers hear of what has changed, and of whom they must not write to."""

import asyncio
from collections.abc import Sequence

from sqlalchemy.exc import SQLAlchemyError

from libs.common.errors import Transient
from libs.common.logs import get_logger
from libs.common.schedules import Schedule
from services.sender.use_cases.measure_hand_overs import measure_hand_overs
from services.sender.use_cases.settle_hand_overs import Desk, settle_hand_overs
from services.sender.use_cases.take_back_leads import take_back_leads

log = get_logger()

SETTLE_S = 5
TAKE_BACK_S = 5
MEASURE_S = 30


def hand_over_schedules(desk: Desk) -> Sequence[Schedule]:
    """Every few seconds; where nothing is handed over, each is one look at an index."""

    async def settle() -> None:
        await settle_hand_overs(desk)

    async def take_back() -> None:
        await take_back_leads(desk)

    return [Schedule("settle_hand_overs", SETTLE_S, settle), Schedule("take_back_leads", TAKE_BACK_S, take_back)]


async def keep_measuring(desk: Desk) -> None:
    """What each replica measures for itself. A schedule runs on one replica; the others would go on saying what was."""
    while True:
        try:
            async with desk.open_uow() as uow:
                await measure_hand_overs(uow, clock=desk.clock)
        except (SQLAlchemyError, OSError, Transient) as error:
            log.warning("measuring.stumbled", error=str(error))
        await asyncio.sleep(MEASURE_S)
