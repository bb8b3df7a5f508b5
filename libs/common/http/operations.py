"""For operators: the state of a service from the inside, and its dead letters."""

from dataclasses import asdict
from uuid import UUID

from fastapi import APIRouter

from libs.common import outbox
from libs.common.clock import utc_now
from libs.common.contracts.catalogue import LISTENERS
from libs.common.http.dependencies import CurrentPlatform, OpenUowDep, Uow
from libs.common.http.identity import OperatorIdentity
from libs.common.messaging import dead_letters
from libs.common.messaging.topology import RETRY_DELAYS, dead_queue, retry_exchange
from libs.common.schedules import last_runs

router = APIRouter(prefix="/internal", include_in_schema=False)


@router.get("/status")
async def status(_: OperatorIdentity, platform: CurrentPlatform, open_uow: OpenUowDep) -> dict[str, object]:
    """Outbox lag, queue depths, dead letters, schedules."""
    service = platform.settings.service
    async with open_uow() as uow:
        lag = await outbox.state(uow.conn, open_uow.tables.outbox)
        dead = await dead_letters.count_open(uow.conn, open_uow.tables.dead_letters)
    work = [name for name in LISTENERS if name.startswith(f"{service}.")]
    names = [*work, *map(dead_queue, work), *(retry_exchange(service, name) for name, _ in RETRY_DELAYS)]
    depths = {name: await platform.bus.depth(name) for name in names} if work else {}
    return {
        "service": service,
        "outbox": asdict(lag),
        "dead_letters_open": dead,
        "queues": depths,
        "schedules": await last_runs(open_uow),
    }


@router.get("/dead-letters")
async def list_dead_letters(_: OperatorIdentity, uow: Uow, open_uow: OpenUowDep, limit: int = 100) -> dict[str, object]:
    """The open dead letters, newest first."""
    letters = await dead_letters.list_open(uow.conn, open_uow.tables.dead_letters, limit=min(limit, 1000))
    return {"items": [asdict(letter) for letter in letters]}


@router.get("/dead-letters/{dead_letter_id}")
async def show_dead_letter(
    dead_letter_id: UUID, _: OperatorIdentity, uow: Uow, open_uow: OpenUowDep
) -> dict[str, object]:
    """One dead letter with its payload (the first 64 KiB)."""
    letter, body = await dead_letters.load(uow.conn, open_uow.tables.dead_letters, dead_letter_id)
    return {**asdict(letter), "body": body[:65536].decode("utf-8", "replace")}


@router.post("/dead-letters/{dead_letter_id}/replay")
async def replay_dead_letter(
    dead_letter_id: UUID, _: OperatorIdentity, platform: CurrentPlatform, open_uow: OpenUowDep
) -> dict[str, object]:
    """Give it back to its queue. 409 when it is closed or too old."""
    return asdict(await dead_letters.replay(open_uow, platform.bus, dead_letter_id, now=utc_now()))


@router.post("/dead-letters/{dead_letter_id}/discard")
async def discard_dead_letter(
    dead_letter_id: UUID, _: OperatorIdentity, uow: Uow, open_uow: OpenUowDep
) -> dict[str, object]:
    """Close it for good. 409 when it is closed already."""
    return asdict(await dead_letters.discard(uow.conn, open_uow.tables.dead_letters, dead_letter_id))
