"""The gateway's clock: the history of live events is short, sessions end, and mails are sent."""

from collections.abc import Sequence
from datetime import timedelta

from libs.common.clock import utc_now
from libs.common.erasing import erase_schedule
from libs.common.schedules import Schedule
from libs.common.uow import OpenUow
from services.gateway import metrics
from services.gateway.domain.sessions import IDLE
from services.gateway.repositories import (
    api_keys,
    attempts,
    audit,
    deletions,
    erasures,
    invitations,
    live_events,
    mails,
    proofs,
    sessions,
    users,
)
from services.gateway.use_cases.mail_proofs import ProofPages, mail_proofs
from services.gateway.use_cases.note_deletion import erasing
from services.gateway.use_cases.send_mails import Server, send_mails

KEEP_HISTORY = timedelta(hours=24)
KEEP_MAILS = timedelta(days=90)
KEEP_UNCONFIRMED = timedelta(days=30)
_SEND_TIMEOUT_S = 1800


def schedules(
    open_uow: OpenUow,
    *,
    mail_server: Server | None,
    pages: ProofPages,
    keep_audit: timedelta,
    confirms_sign_ups: bool = False,
) -> Sequence[Schedule]:
    """What runs by itself. Without a mail server mails are kept. Where sign-ups are confirmed, those that never were go."""

    async def forget_history() -> None:
        async with open_uow() as uow:
            await live_events.forget_live_events(uow.conn, older_than=utc_now() - KEEP_HISTORY)

    async def forget_mails() -> None:
        async with open_uow() as uow:
            await mails.forget_ended(uow.conn, older_than=utc_now() - KEEP_MAILS)

    async def forget_sessions() -> None:
        now = utc_now()
        async with open_uow() as uow:
            await sessions.forget_sessions(uow.conn, unused_since=now - IDLE)
            await sessions.forget_used_tokens(uow.conn, used_before=now - IDLE)
            await proofs.forget_expired(uow.conn, now=now)
            await attempts.forget_full(uow.conn, now=now)
            if confirms_sign_ups:
                await users.forget_unconfirmed(uow.conn, signed_up_before=now - KEEP_UNCONFIRMED)

    async def forget_audit() -> None:
        older_than, left = utc_now() - keep_audit, 1
        async with open_uow() as uow:
            # No entry is left that could name them.
            await invitations.forget_over(uow.conn, since=older_than)
            await api_keys.forget_over(uow.conn, since=older_than)
        while left:
            async with open_uow() as uow:
                left = await audit.forget(uow.conn, older_than=older_than)

    async def mail() -> None:
        await mail_proofs(pages=pages, now=utc_now(), open_uow=open_uow)

    async def send() -> None:
        await send_mails(server=mail_server, open_uow=open_uow, now=utc_now())

    async def measure_deletions() -> None:
        async with open_uow() as uow:
            oldest = await deletions.oldest_open(uow.conn)
        metrics.DELETION_AGE.set(0 if oldest is None else max((utc_now() - oldest).total_seconds(), 0))

    async def measure_erasures() -> None:
        async with open_uow() as uow:
            oldest = await erasures.oldest_open(uow.conn)
        metrics.ERASURE_AGE.set(0 if oldest is None else max((utc_now() - oldest).total_seconds(), 0))

    return [
        Schedule("measure_deletions", 60, measure_deletions),
        erase_schedule(erasing(), open_uow=open_uow),
        Schedule("measure_erasures", 60, measure_erasures),
        Schedule("forget_history", 3600, forget_history),
        Schedule("forget_audit", 3600, forget_audit),
        Schedule("forget_mails", 3600, forget_mails),
        Schedule("forget_sessions", 3600, forget_sessions),
        Schedule("mail_proofs", 2, mail),
        Schedule("send_mails", 5, send, timeout_s=_SEND_TIMEOUT_S),
    ]
