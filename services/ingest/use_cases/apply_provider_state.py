"""A provider account is out, or back: park the jobs that need it, or let them go on."""

from datetime import datetime

from libs.common.contracts.enrich import ProviderExhausted, ProviderRecovered
from libs.common.uow import UnitOfWork
from services.ingest.domain.providers import ProviderState
from services.ingest.repositories import provider_states
from services.ingest.use_cases.park_jobs import park_jobs, resume_parked_jobs


async def apply_provider_state(event: ProviderExhausted | ProviderRecovered, *, uow: UnitOfWork, now: datetime) -> None:
    """Events of one account carry a counter: what is not newer than the last one heard is ignored."""
    if not await provider_states.note(uow.conn, _state_of(event)):
        return
    if isinstance(event, ProviderExhausted):
        await park_jobs(uow, workspace_id=event.workspace_id, now=now)
    else:
        await resume_parked_jobs(uow, workspace_id=event.workspace_id, now=now)


def _state_of(event: ProviderExhausted | ProviderRecovered) -> ProviderState:
    if isinstance(event, ProviderRecovered):
        return ProviderState(event.account, event.provider, event.workspace_id, event.counter, exhausted=False)
    return ProviderState(
        account=event.account,
        provider=event.provider,
        workspace_id=event.workspace_id,
        counter=event.counter,
        exhausted=True,
        reason=event.cause or event.reason,
        message=event.message,
        resume_at=event.resume_at,
    )
