"""The composition root of the sender."""

import contextlib
import functools
from collections.abc import AsyncGenerator

from fastapi import FastAPI

from libs.common.app import ServiceSpec, create_app
from libs.common.logs import get_logger
from libs.common.platform import Parts, Platform
from libs.common.smtp_address import parse_smtp_url
from services.sender import handlers, tables
from services.sender.api import campaigns, dead_letters, emails, lists, recipients, suppressions, templates
from services.sender.api.resources import Resources
from services.sender.clients.domain_lookup import DnsLookup
from services.sender.clients.smtp import SmtpMailbox
from services.sender.domain.message import Sender, sender_from
from services.sender.domain.unsubscribing import UnsubscribeLinks
from services.sender.list_schedules import list_schedules
from services.sender.repositories.unsubscribe_keys import load_key
from services.sender.repositories.workspaces import database_now, ensure_mailbox
from services.sender.schedules import SendLoop, schedules
from services.sender.settings import SenderSettings
from services.sender.use_cases.send_emails import SendContext

log = get_logger()


@contextlib.asynccontextmanager
async def start(settings: SenderSettings, platform: Platform) -> AsyncGenerator[Parts]:
    """Note the mailbox of the settings, and run as many sending loops as it may have connections."""
    sender = sender_from(
        settings.mail_from,
        postal_address=settings.postal_address,
        unsubscribe_address=settings.unsubscribe_address,
    )
    async with platform.open_uow() as uow:
        links = UnsubscribeLinks(settings.app_base_url, await load_key(uow.conn))
    context = await _context(settings, platform, sender, links) if settings.mailbox_url else None
    if context is None:
        log.warning("mailbox.missing", note="set SMTP_URL and MAIL_FROM to send")
    loops = [_loop(settings, platform, context) for _ in range(settings.smtp_connections)] if context else []
    yield Parts(
        subscriptions=handlers.subscriptions(),
        schedules=[
            *(schedules(context) if context else ()),
            *list_schedules(platform.open_uow, lookup=DnsLookup() if settings.check_mx else None),
        ],
        tasks=[loop.run for loop in loops],
        resources=Resources(
            context=context, sender=sender, links=links, default_quota=settings.daily_quota, clock=database_now
        ),
    )


async def _context(
    settings: SenderSettings, platform: Platform, sender: Sender, links: UnsubscribeLinks
) -> SendContext:
    kind = "sandbox" if settings.mailbox_sandboxed else "smtp"
    async with platform.open_uow() as uow:
        mailbox_id = await ensure_mailbox(
            uow.conn,
            key=f"{kind}:{sender.address.lower()}",
            address=sender.address,
            sandboxed=settings.mailbox_sandboxed,
        )
    return SendContext(
        open_uow=platform.open_uow,
        mailbox_id=mailbox_id,
        sender=sender,
        links=links,
        timing=settings.timing,
        default_quota=settings.daily_quota,
        batch_size=settings.send_batch_size,
    )


def _loop(settings: SenderSettings, platform: Platform, context: SendContext) -> SendLoop:
    mailbox = SmtpMailbox(
        parse_smtp_url(settings.mailbox_url),
        connect_timeout_s=settings.send_call_deadline_s,
        provider_timeout_s=settings.send_provider_timeout_s,
    )
    return SendLoop(context, mailbox, listener=platform.listener, stopping=platform.stopping)


def build_app() -> FastAPI:
    """The sender's application, configured from the environment."""
    settings = SenderSettings()  # pyright: ignore[reportCallIssue] - filled from the environment
    return create_app(
        ServiceSpec(
            settings=settings,
            tables=tables.COMMON,
            routers=[
                lists.router,
                recipients.router,
                templates.router,
                suppressions.router,
                campaigns.router,
                emails.router,
                dead_letters.router,
            ],
            start=functools.partial(start, settings),
            title="Corofy sender",
            description="Lists, templates, campaigns, and every email's way out: within the quota, nobody twice.",
        )
    )
