"""Every order and every repetition of a sourcing's events gives the same ledger: exhaustive, on the real tables."""

import itertools
from collections.abc import AsyncGenerator

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.envelope import Event
from libs.common.db import make_engine
from libs.common.ids import new_id
from libs.common.settings import normalise_database_url
from tests.integration.billing.test_every_order import walk
from tests.integration.billing.test_sourcings import asked, over, revealed


@pytest.fixture(scope="module")
async def unwritten(module_database: str) -> AsyncGenerator[AsyncConnection]:
    """A connection to an empty database, whose work is never committed."""
    engine = make_engine(normalise_database_url(module_database), pool_size=1, service="billing")
    async with engine.connect() as conn:
        yield conn
        await conn.rollback()
    await engine.dispose()


@pytest.mark.parametrize("earned", list(itertools.combinations_with_replacement((0, 1, 2), 2)), ids=str)
async def test_every_order_and_repetition_of_a_sourcings_events_gives_the_same_ledger(
    unwritten: AsyncConnection, earned: tuple[int, ...]
) -> None:
    """Red when a tombstone, a batch's key, the hold's key or settling is removed."""
    sourcing_id = new_id()
    events: list[Event] = [asked(sourcing_id, 2 * len(earned)), over(sourcing_id, sum(earned), state="cancelled")]
    events += [revealed(sourcing_id, batch_no, credits_) for batch_no, credits_ in enumerate(earned)]
    journey = await walk(unwritten, events)
    assert len(journey.ledgers) == 1
    assert f"'held': 0, 'owed': 0, 'spent': {sum(earned)}, 'settling': 0" in journey.ledgers.pop()
