"""A migrated database with an engine, and a unit of work that is handed to handlers as the bus edge would."""

from collections.abc import AsyncGenerator

import pytest

from libs.common.db import make_engine
from libs.common.settings import normalise_database_url
from libs.common.uow import UnitOfWorkFactory
from services.billing.tables import COMMON
from tests.integration.billing.steps import Billing


@pytest.fixture(scope="module")
async def billing(module_database: str) -> AsyncGenerator[Billing]:
    """Billing's handlers on a database that the tests of one module share; each test has its own workspace."""
    engine = make_engine(normalise_database_url(module_database), pool_size=8, service="billing")
    yield Billing(UnitOfWorkFactory(engine, COMMON))
    await engine.dispose()
