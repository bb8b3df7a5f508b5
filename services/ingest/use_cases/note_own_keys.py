"""A workspace has other provider keys of its own than before: other accounts may stand in its jobs' way."""

from datetime import datetime

from libs.common.contracts.enrich import ProviderKeysChanged
from libs.common.uow import UnitOfWork
from services.ingest.repositories import own_keys
from services.ingest.use_cases.park_jobs import park_jobs, resume_parked_jobs


async def note_own_keys(event: ProviderKeysChanged, *, uow: UnitOfWork, now: datetime) -> None:
    """Changes of one workspace are numbered: what is not newer than the last one heard is ignored."""
    noted = await own_keys.note(uow.conn, event.workspace_id, providers=event.providers, change_no=event.change_no)
    if noted:
        await resume_parked_jobs(uow, workspace_id=event.workspace_id, now=now)
        await park_jobs(uow, workspace_id=event.workspace_id, now=now)
