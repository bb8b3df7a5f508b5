"""The ledger in any order: sequences of everything that moves credits, on real Postgres, against a model of a page."""

import asyncio

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from libs.common.db import make_engine
from libs.common.settings import normalise_database_url
from libs.common.uow import UnitOfWorkFactory
from services.billing.domain.credits.postings import Operation
from services.billing.tables import COMMON
from tests.integration.billing.machine.any_order import AnyOrder
from tests.integration.billing.machine.driver import Driver
from tests.integration.billing.steps import Billing


# Nothing is shrunk: on real tables that takes longer than reading a sequence of 20 steps.
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("sequences", [200, pytest.param(1000, marks=pytest.mark.long)])
def test_any_order_of_everything_ends_as_the_model_says(module_database: str, sequences: int) -> None:
    """Red when any rule of the ledger is broken: a key, the lock, the burn order, who pays debts, what is said, or when; each
    step of a sequence compares with the model (`world.py`). And when an operation is not come to at all."""
    loop = asyncio.new_event_loop()
    engine = make_engine(normalise_database_url(module_database), pool_size=4, service="billing")

    class Machine(AnyOrder):
        """On this test's database."""

    Machine.loop, Machine.driver = loop, Driver(Billing(UnitOfWorkFactory(engine, COMMON)))
    try:
        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=sequences,
                stateful_step_count=20,
                phases=[Phase.generate],
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
                database=None,
            ),
        )
        accounts, moved = loop.run_until_complete(Machine.driver.traces())
        assert accounts >= 2 * sequences, "fewer sequences were run than asked for"
        assert moved == set(Operation), "an operation that no sequence has come to is not tested"
    finally:
        loop.run_until_complete(engine.dispose())
        loop.close()
