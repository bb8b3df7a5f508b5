"""Look up whether the domains of leads take mail, and set aside the rows of those that do not. Claim, ask, record."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from libs.common.uow import OpenUow
from services.sender import metrics
from services.sender.domain.mail_domains import Finding, next_look
from services.sender.repositories import mail_domains
from services.sender.repositories.mail_domains import Due

AT_ONCE = 50
_ASKED_AT_ONCE = 10
_LEASE = timedelta(minutes=5)
"""Longer than a round may take: ten seconds at most for each of the five that wait behind each other."""


async def check_domains(*, find: Callable[[str], Awaitable[Finding]], now: datetime, open_uow: OpenUow) -> int:
    """One round; answers how many were looked up. A domain of which nobody answers stays as it is known, and is asked
    again later, ever more seldom."""
    async with open_uow() as uow:
        due = await mail_domains.claim_due(uow.conn, now=now, lease=_LEASE, limit=AT_ONCE)
    free = asyncio.Semaphore(_ASKED_AT_ONCE)

    async def look_up(domain: Due) -> None:
        async with free:
            finding = await find(domain.name)
        await _record(domain, finding, now=now, open_uow=open_uow)

    await asyncio.gather(*(look_up(domain) for domain in due))
    return len(due)


async def _record(domain: Due, finding: Finding, *, now: datetime, open_uow: OpenUow) -> None:
    tries = 0 if finding == "takes_mail" else domain.tries + 1
    check_at = next_look(finding, tries=tries, now=now)
    async with open_uow() as uow:
        await mail_domains.record(uow.conn, domain.name, finding=finding, tries=tries, check_at=check_at, now=now)
        if finding == "no_mx":
            await mail_domains.set_aside(uow.conn, domain.name)
        if finding == "takes_mail":
            await mail_domains.take_back(uow.conn, domain.name)
    metrics.DOMAINS_LOOKED_UP.labels(finding).inc()
