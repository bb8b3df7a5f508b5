"""Campaigns that were there before campaigns had hours: they go on at any hour, by the clock of their workspace."""

from __future__ import annotations

import asyncpg

from libs.common import migrations
from tests.integration.sender.test_people_of_before import CAMPAIGN, WORKSPACE, before


async def test_a_campaign_of_before_goes_on_at_any_hour(fresh_database: str) -> None:
    """Red when an upgrade at night stops what was sending, or gives its leads a zone that nobody chose."""
    await migrations.downgrade("sender", fresh_database, to="0006")
    database = await asyncpg.connect(fresh_database)
    await before(database)
    await database.execute(
        "INSERT INTO sender.workspaces (id, name, time_zone) VALUES ($1, 'W', 'Asia/Kathmandu')", WORKSPACE
    )
    await migrations.upgrade("sender", fresh_database)
    hours = await database.fetchrow(
        "SELECT window_days, window_from_min, window_to_min, skip_holidays FROM sender.campaigns WHERE id = $1",
        CAMPAIGN,
    )
    assert hours is not None
    assert tuple(hours) == ([1, 2, 3, 4, 5, 6, 7], 0, 1440, False)
    zones = await database.fetch("SELECT DISTINCT time_zone, zone_source FROM sender.enrolments")
    assert [tuple(zone) for zone in zones] == [("Asia/Kathmandu", "workspace")]
    await database.close()
