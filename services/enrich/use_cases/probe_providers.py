"""Ask providers that are out whether they are back; when one is, parked jobs resume."""

from datetime import datetime

from libs.common.clock import utc_now
from libs.common.logs import get_logger
from libs.common.uow import UnitOfWorkFactory
from services.enrich.clients.errors import BadAnswer, ProviderError, ProviderOut
from services.enrich.clients.tools import Tools
from services.enrich.repositories import providers
from services.enrich.repositories.providers import ProviderState, Refusal
from services.enrich.use_cases.turn_provider_out import (
    PROBE_EVERY,
    next_probe,
    recovery_of,
    refusal_of,
    turn_provider_out,
)

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
        # Its key has been taken away. Nobody asks it any more, so that it stands in nobody's way: rows do without it, or
        # their job waits for a key.
        await _recover(state, open_uow)
        return
    try:
        await client.probe()
    except ProviderOut as out:
        refusal = refusal_of(out)
        await _still_out(state, refusal, open_uow=open_uow, probe_at=next_probe(refusal, now=now))
    except BadAnswer as useless:
        if state.reason == "nonsense":
            refusal = Refusal(state.reason, useless.said, resume_at=None)
            await _still_out(state, refusal, open_uow=open_uow, probe_at=next_probe(refusal, now=now))
        else:
            await _recover(state, open_uow)
    except ProviderError:
        # Whether the day has turned nobody can say while it does not answer: the old time holds no longer.
        refusal = Refusal(state.reason or "day_limit", state.message or "", resume_at=None)
        await _still_out(state, refusal, open_uow=open_uow, probe_at=now + PROBE_EVERY)
    else:
        await _recover(state, open_uow)


async def _recover(state: ProviderState, open_uow: UnitOfWorkFactory) -> None:
    async with open_uow() as uow:
        counter = await providers.mark_up(uow.conn, state.account, seen=state.counter)
        if counter is None:
            return
        back = recovery_of(state.account, counter)
        uow.publish(back, tenant_id=back.workspace_id)
    log.info("provider.recovered", account=state.account, counter=counter)


async def _still_out(
    state: ProviderState, refusal: Refusal, *, open_uow: UnitOfWorkFactory, probe_at: datetime
) -> None:
    """Said again when the reason or the time is another: whoever counts on the old time would send work that comes back."""
    async with open_uow() as uow:
        if (refusal.reason, refusal.resume_at) == (state.reason, state.resume_at):
            await providers.put_off(uow.conn, state.account, seen=state.counter, probe_at=probe_at)
        else:
            await turn_provider_out(uow, state.account, refusal, seen=state.counter, probe_at=probe_at)
