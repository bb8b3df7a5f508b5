"""Each unique key of money is dropped once, and that is noticed: by the day's own steps, done again, or by the proof."""

from collections.abc import AsyncGenerator

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.db import make_engine
from libs.common.settings import normalise_database_url
from tests.integration.billing.machine.a_day import Day
from tests.integration.billing.machine.keys import Key, keys_of, write_again

NO_CREDITS = {
    "alembic_version": "the migrations'",
    "dead_letters": "messages that were given up",
    "schedules": "who does what by the clock",
    "outbox": "its id is made for each row, and a message that is published twice is heard twice anyway",
    "proofs": "what was found",
    "proof_runs": "who looks",
    "price_lists": "what things cost; a job names the version",
    "workspaces": "a time zone",
    "alert_settings": "what is told, and when",
    "low_balances": "what was told",
    "auto_top_ups": "a setting",
    "entitlements": "what may be done, not what it costs",
    "stripe_portals": "how a page looks",
    "stripe_prices": "what Stripe said of its prices",
    "stripe_cursors": "how far was read; reading again changes nothing",
    "repeated_requests": "tests/integration/common/test_repeats.py: a click twice, answered by what the first made",
    "deleted_workspaces": "tests/integration/billing/test_deleting_workspaces.py: a deletion that is heard twice",
}
"""Tables without credits, and why they are not looked at here."""
AT_STRIPE = {"stripe_checkouts", "stripe_customers", "subscriptions", "subscription_switches", "top_ups"}
"""These keep from asking Stripe twice, which the tests of checkouts, switches and top-ups race; no credits come of them."""

UNMISSED = {
    "pk_stripe_grants": "who adds a row has made its grant, whose own key lets that happen once",
}
"""Keys that name rows but guard nothing that another key does not."""


@pytest.fixture(scope="module")
async def conn(module_database: str) -> AsyncGenerator[AsyncConnection]:
    """A connection to a database of its own; nothing is ever committed."""
    engine = make_engine(normalise_database_url(module_database), pool_size=1, service="billing")
    async with engine.connect() as connection:
        yield connection
        await connection.rollback()
    await engine.dispose()


async def guards(conn: AsyncConnection) -> list[Key]:
    return [key for key in await keys_of(conn) if key.table not in NO_CREDITS.keys() | AT_STRIPE]


async def lived(conn: AsyncConnection, day: Day) -> list[object]:
    """What the day would bring; nothing of it stays."""
    async with conn.begin_nested() as savepoint:
        became = await day.live()
        await savepoint.rollback()
    return became


async def test_every_unique_key_of_money_is_missed_when_it_is_dropped(conn: AsyncConnection) -> None:
    """A writer who did not look is stopped by the key; without it the same day, done again, shows that something is wrong.
    Red for a new key that nothing would miss: it is superfluous, or something does not look."""
    day, unmissed, keys = Day(conn), set[str](), await keys_of(conn)
    await day.begin()
    expected = await lived(conn, day)
    assert await lived(conn, day) == expected
    for key in await guards(conn):
        async with conn.begin_nested() as savepoint:
            with pytest.raises(IntegrityError, match=key.name):
                async with conn.begin_nested():
                    await write_again(conn, key, keys)
            await key.drop(conn)
            assert await write_again(conn, key, keys) > 0, f"{key.table} is empty: a day leaves nothing there"
            if await day.live() == expected:
                unmissed.add(key.name)
            await savepoint.rollback()
    assert unmissed == UNMISSED.keys()


async def test_what_is_excepted_is_there(conn: AsyncConnection) -> None:
    """Red when a table or a key that is excepted here is gone."""
    keys = await keys_of(conn)
    assert {key.table for key in keys} >= NO_CREDITS.keys() | AT_STRIPE
    assert {key.name for key in keys} >= UNMISSED.keys()
