"""Deliver the mails that wait: those of billing's notices, and whatever else is queued."""

from datetime import datetime
from typing import Protocol

from libs.common.logs import get_logger
from libs.common.uow import OpenUow
from services.gateway import metrics
from services.gateway.domain.mails import LEASE, STALE_AFTER, Answer, Mail, after_attempt
from services.gateway.repositories import mails

log = get_logger()

MOST_IN_A_RUN = 100


class Server(Protocol):
    """What this needs of a mail server."""

    async def send(self, mail: Mail, *, now: datetime) -> Answer:
        """Hand one mail over, and say what is known."""
        ...


async def send_mails(*, server: Server | None, open_uow: OpenUow, now: datetime) -> int:
    """Claim, call, record, one mail after the other. Key: the mail's row. Answers how many were tried.

    A mail whose record is lost is unknown after its lease, and not sent again.
    Without a server mails are kept for three days.
    """
    async with open_uow() as uow:
        lost = await mails.resolve_lost(uow.conn, now=now)
        stale = await mails.give_up_stale(uow.conn, created_before=now - STALE_AFTER, now=now)
        metrics.MAILS_WAITING.set(await mails.count_due(uow.conn, now=now))
    metrics.MAILS.labels("unknown").inc(lost)
    metrics.MAILS.labels("given_up").inc(stale)
    if server is None:
        return 0
    for tried in range(MOST_IN_A_RUN):
        async with open_uow() as uow:
            mail = await mails.claim(uow.conn, now=now, lease=LEASE)
        if mail is None:
            return tried
        answer = await server.send(mail, now=now)
        await _record(mail, answer, open_uow=open_uow, now=now)
    return MOST_IN_A_RUN


async def _record(mail: Mail, answer: Answer, *, open_uow: OpenUow, now: datetime) -> None:
    outcome = after_attempt(answer, attempts=mail.attempts, now=now)
    async with open_uow() as uow:
        if not await mails.record(uow.conn, mail, outcome, now=now):
            return
    metrics.MAILS.labels(outcome.state if outcome.state != "queued" else "deferred").inc()
    if outcome.state != "sent":
        log.warning("mail.not_sent", mail_id=str(mail.id), state=outcome.state, reply=outcome.reply)
