"""Ask providers that are out whether they are back; when one is, parked jobs resume."""

from datetime import datetime

from libs.common.clock import utc_now
from libs.common.contracts.enrich import ProviderRecovered
from libs.common.logs import get_logger
from libs.common.uow import UnitOfWorkFactory
from services.enrich.clients.errors import BadAnswer, ProviderError, ProviderOut
from services.enrich.clients.tools import Tools
from services.enrich.repositories import providers
from services.enrich.repositories.providers import ProviderState
from services.enrich.use_cases.hand_back import PROBE_BAD_KEY_EVERY, next_probe

log = get_logger()


async def probe_providers(open_uow: UnitOfWorkFactory, tools: Tools) -> None:
    """One small call to each account that is out and due. Claim → call → record; the counter makes the record a swap."""
    now = utc_now()
    async with open_uow() as uow:
        due = await providers.to_probe(uow.conn, now=now)
    for state in due:
        await _probe(state, open_uow=open_uow, tools=tools, now=now)


async def _probe(state: ProviderState, *, open_uow: UnitOfWorkFactory, tools: Tools, now: datetime) -> None:
    client = tools.client(state.account)
    if client is None:
        await _put_off(state, open_uow=open_uow, probe_at=now + PROBE_BAD_KEY_EVERY, resume_at=state.resume_at)
        return
    try:
        await client.probe()
    except ProviderOut as out:
        await _put_off(state, open_uow=open_uow, probe_at=next_probe(out, now=now), resume_at=out.resume_at)
    except BadAnswer:
        await _recover(state, open_uow)
    except ProviderError:
        await _put_off(state, open_uow=open_uow, probe_at=now + PROBE_BAD_KEY_EVERY, resume_at=state.resume_at)
    else:
        await _recover(state, open_uow)


async def _recover(state: ProviderState, open_uow: UnitOfWorkFactory) -> None:
    async with open_uow() as uow:
        counter = await providers.mark_up(uow.conn, state.account, seen=state.counter)
        if counter is None:
            return
        back = ProviderRecovered(account=state.account, provider=state.account, counter=counter)
        uow.publish(back, tenant_id=None)
    log.info("provider.recovered", account=state.account, counter=counter)


async def _put_off(
    state: ProviderState, *, open_uow: UnitOfWorkFactory, probe_at: datetime, resume_at: datetime | None
) -> None:
    async with open_uow() as uow:
        await providers.put_off(uow.conn, state.account, probe_at=probe_at, resume_at=resume_at)
