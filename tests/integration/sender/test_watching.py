"""What operators see of campaigns that other schedulers keep. One test, as the gauges are of all workspaces there are."""

from __future__ import annotations

from prometheus_client import REGISTRY

from services.sender.use_cases.measure_hand_overs import measure_hand_overs
from services.sender.use_cases.settle_hand_overs import settle_hand_overs
from services.sender.use_cases.suppress_address import suppress_address
from services.sender.use_cases.take_back_leads import take_back_leads
from tests.integration.sender.providers import Providers
from tests.integration.sender.world import World

AT_REST = {"missing": 0, "active": 0, "paused": 0, "troubled_for": 0, "to_take_back": 0, "not_taken_back_for": 0}


async def measured(world: World) -> dict[str, float]:
    async with world.open_uow() as uow:
        await measure_hand_overs(uow, clock=world.clock)

    def value(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(f"sender_{name}", labels) or 0

    states = {name: value("troubled_hand_overs", state=name) for name in ("missing", "active", "paused")}
    return states | {
        "troubled_for": value("oldest_troubled_hand_over_seconds"),
        "to_take_back": value("open_take_backs"),
        "not_taken_back_for": value("oldest_open_take_back_seconds"),
    }


async def test_troubles_are_counted_with_their_age_until_they_are_over(world: World, providers: Providers) -> None:
    """Red when a trouble is not counted, its age begins anew with each attempt, or it is counted when it is over."""
    view = await providers.mailbox(world, "instantly")
    mine = await providers.draft(world, view, leads=2)
    await mine.start()
    assert await measured(world) == AT_REST
    providers.turn("instantly", fail_rate=1, fail_status=500)
    for _ in range(2):
        await settle_hand_overs(providers.desk(world))
        world.later(minutes=30)
    assert await measured(world) == {**AT_REST, "missing": 1, "troubled_for": 3600}
    providers.app.box.reset_dials()
    world.later(hours=5)
    await settle_hand_overs(providers.desk(world))
    assert await measured(world) == AT_REST

    await world.plan()
    await providers.send(world, view)
    providers.turn("instantly", fail_rate=1, fail_status=500)
    async with world.open_uow() as uow:
        await suppress_address(
            uow,
            workspace_id=world.workspace_id,
            address=f"l1@{view.id.hex[-8:]}.example",
            reason="asked",
            proof={"source": "person"},
            made_by=None,
            note="",
        )
    started = await measured(world)
    assert started["to_take_back"] == 1
    await take_back_leads(providers.desk(world))
    world.later(minutes=20)
    still = await measured(world)
    assert still["to_take_back"] == 1
    assert 1190 <= still["not_taken_back_for"] - started["not_taken_back_for"] <= 1210
    providers.app.box.reset_dials()
    await take_back_leads(providers.desk(world))
    assert await measured(world) == AT_REST
