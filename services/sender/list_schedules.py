"""The clock of lists: those that are to go are erased, and domains are looked up. Runs without a mailbox as well."""

from collections.abc import Sequence

from libs.common.erasing import erase_schedule
from libs.common.schedules import Schedule
from libs.common.uow import OpenUow
from services.sender.clients.dns import DomainLookup
from services.sender.repositories.workspaces import database_now
from services.sender.use_cases.check_domains import AT_ONCE, check_domains
from services.sender.use_cases.delete_list import erase_lists
from services.sender.use_cases.delete_workspace import erasing_of
from services.sender.use_cases.erase_lead import erase_leads
from services.sender.use_cases.forget_in_parts import sweep_parts

_ROUNDS = 10


def list_schedules(open_uow: OpenUow, *, lookup: DomainLookup | None) -> Sequence[Schedule]:
    """Without a `lookup` no domain is asked for."""

    async def erase() -> None:
        async with open_uow() as uow:
            now = await database_now(uow.conn)
        await erase_lists(now=now, open_uow=open_uow)

    async def look_up() -> None:
        assert lookup is not None
        for _ in range(_ROUNDS):
            async with open_uow() as uow:
                now = await database_now(uow.conn)
            if await check_domains(find=lookup.find, now=now, open_uow=open_uow) < AT_ONCE:
                return

    async def erase_people() -> None:
        async with open_uow() as uow:
            now = await database_now(uow.conn)
        await erase_leads(now=now, open_uow=open_uow)

    async def sweep() -> None:
        await sweep_parts(open_uow)

    erasing = [
        erase_schedule(erasing_of(open_uow), open_uow=open_uow),
        Schedule("erase_lists", 10, erase, timeout_s=600),
        Schedule("erase_leads", 5, erase_people, timeout_s=600),
        Schedule("sweep_parts", 300, sweep, timeout_s=600),
    ]
    return [*erasing, Schedule("check_domains", 10, look_up, timeout_s=600)] if lookup else erasing
