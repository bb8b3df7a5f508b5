"""Emails whose call nobody recorded in time become unknown: shown as such, never sent again by themselves."""

from datetime import datetime

from libs.common.uow import UnitOfWork
from services.sender.repositories import claims
from services.sender.use_cases.record_outcome import announce

_BATCH = 500


async def resolve_unknown(uow: UnitOfWork, *, now: datetime) -> int:
    """Only after the lease of `sending`, which outlives every call. The slot stays used: it may have been accepted."""
    expired = await claims.expire_sending(uow.conn, now=now, limit=_BATCH)
    for email in expired:
        announce(uow, email, "unknown", reason="no_outcome_recorded")
    return len(expired)
