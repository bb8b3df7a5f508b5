"""A migrated database with an engine, and a unit of work that is handed to handlers as the bus edge would."""

from collections.abc import AsyncGenerator

import pytest

from libs.common.db import make_engine
from libs.common.settings import normalise_database_url
from libs.common.uow import UnitOfWorkFactory
from services.billing.tables import COMMON
from tests.integration.billing.steps import Billing
from tests.support.billing import RunningBilling, running_billing


@pytest.fixture(scope="module")
async def billing(module_database: str) -> AsyncGenerator[Billing]:
    """Billing's handlers on a database that the tests of one module share; each test has its own workspace."""
    engine = make_engine(normalise_database_url(module_database), pool_size=8, service="billing")
    yield Billing(UnitOfWorkFactory(engine, COMMON))
    await engine.dispose()


@pytest.fixture(scope="module")
async def service(module_database: str, module_vhost: str) -> AsyncGenerator[RunningBilling]:
    """Billing as it runs, started once for the tests of a module."""
    async with running_billing(module_database, module_vhost) as running:
        yield running


@pytest.fixture
def events(service: RunningBilling) -> Billing:
    """The same billing, by its bus edge."""
    open_uow = service.platform.open_uow
    assert isinstance(open_uow, UnitOfWorkFactory)
    return Billing(open_uow)
