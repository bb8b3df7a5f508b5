"""One sending process of `quota-kills`: `python -m benchmarks.quota_kills_worker URL PORT MAILBOX`. It never ends by itself."""

from __future__ import annotations

import asyncio
import sys
from uuid import UUID

from libs.common.db import make_engine
from libs.common.settings import normalise_database_url
from libs.common.smtp_address import parse_smtp_url
from libs.common.uow import UnitOfWorkFactory
from services.sender.clients.smtp import SmtpMailbox
from services.sender.domain.message import Sender
from services.sender.domain.sending import SendTiming
from services.sender.domain.unsubscribing import UnsubscribeLinks
from services.sender.tables import COMMON
from services.sender.use_cases.send_context import SendContext
from services.sender.use_cases.send_emails import send_emails

TIMING = SendTiming(call_deadline_s=3, provider_timeout_s=5, sending_lease_s=10, claim_lease_s=6)
"""Short, so that what a kill leaves behind is soon resolved."""
SENDER = Sender("Ann Lee", "ann@bench.example", "1 Bench Street", "stop@bench.example")
LINKS = UnsubscribeLinks("https://app.bench.example", bytes(range(64)))
_REST_S = 0.2


async def work(url: str, port: int, mailbox_id: UUID) -> None:
    """Send whatever is due, and look again a moment later."""
    engine = make_engine(normalise_database_url(url), pool_size=2, service="sender")
    context = SendContext(
        open_uow=UnitOfWorkFactory(engine, COMMON),
        house_id=mailbox_id,
        mailbox_id=mailbox_id,
        sender=SENDER,
        links=LINKS,
        timing=TIMING,
        default_quota=1,
        batch_size=3,
    )
    address = parse_smtp_url(f"smtp://127.0.0.1:{port}")
    mailbox = SmtpMailbox(
        address, connect_timeout_s=TIMING.call_deadline_s, provider_timeout_s=TIMING.provider_timeout_s
    )
    pace = None
    while True:
        turn = await send_emails(context, mailbox, stopping=lambda: False, pace=pace)
        pace = turn.pace
        if not turn.claimed:
            await asyncio.sleep(_REST_S)


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], int(sys.argv[2]), UUID(sys.argv[3])))
