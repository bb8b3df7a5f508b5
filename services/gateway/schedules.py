"""The gateway's clock: the history of live events is short, and mails are sent."""

from collections.abc import Sequence
from datetime import timedelta

from libs.common.clock import utc_now
from libs.common.schedules import Schedule
from libs.common.uow import OpenUow
from services.gateway.repositories import live_events, mails
from services.gateway.use_cases.send_mails import Server, send_mails

KEEP_HISTORY = timedelta(hours=24)
KEEP_MAILS = timedelta(days=90)
_SEND_TIMEOUT_S = 1800


def schedules(open_uow: OpenUow, *, mail_server: Server | None) -> Sequence[Schedule]:
    """What runs by itself. Without a mail server mails are kept."""

    async def forget_history() -> None:
        async with open_uow() as uow:
            await live_events.forget_live_events(uow.conn, older_than=utc_now() - KEEP_HISTORY)

    async def forget_mails() -> None:
        async with open_uow() as uow:
            await mails.forget_ended(uow.conn, older_than=utc_now() - KEEP_MAILS)

    async def send() -> None:
        await send_mails(server=mail_server, open_uow=open_uow, now=utc_now())

    return [
        Schedule("forget_history", 3600, forget_history),
        Schedule("forget_mails", 3600, forget_mails),
        Schedule("send_mails", 5, send, timeout_s=_SEND_TIMEOUT_S),
    ]
