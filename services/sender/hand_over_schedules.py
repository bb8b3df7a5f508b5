"""The clock of what is handed over: other schedulers hear of what has changed, and of whom they must not write to."""

from collections.abc import Sequence

from libs.common.schedules import Schedule
from services.sender.use_cases.settle_hand_overs import Desk, settle_hand_overs
from services.sender.use_cases.take_back_leads import take_back_leads

SETTLE_S = 5
TAKE_BACK_S = 5


def hand_over_schedules(desk: Desk) -> Sequence[Schedule]:
    """Every few seconds; where nothing is handed over, each is one look at an index."""

    async def settle() -> None:
        await settle_hand_overs(desk)

    async def take_back() -> None:
        await take_back_leads(desk)

    return [Schedule("settle_hand_overs", SETTLE_S, settle), Schedule("take_back_leads", TAKE_BACK_S, take_back)]
