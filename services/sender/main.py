"""The composition root of the sender."""

import contextlib
import functools
from collections.abc import AsyncGenerator
from uuid import UUID

from fastapi import FastAPI

from libs.common.app import ServiceSpec, create_app
from libs.common.http.exporting import export_router
from libs.common.logs import get_logger
from libs.common.platform import Parts, Platform
from services.sender import handlers, tables
from services.sender.api import (
    campaigns,
    checks,
    dead_letters,
    emails,
    explanations,
    lists,
    mailboxes,
    oauth,
    outlook,
    recipients,
    sending_settings,
    suppression_files,
    suppressions,
    templates,
    unsubscribe,
)
from services.sender.api.resources import Resources
from services.sender.belongings import BELONGINGS
from services.sender.clients.dns import Dns
from services.sender.domain.message import Sender, sender_from
from services.sender.domain.unsubscribing import UnsubscribeLinks
from services.sender.domain.writing import Writer
from services.sender.hand_over_schedules import hand_over_schedules, keep_measuring
from services.sender.in_flight.starting import supervisor_of
from services.sender.list_schedules import list_schedules
from services.sender.mailbox_schedules import mailbox_schedules
from services.sender.post_office import open_post_office
from services.sender.repositories.unsubscribe_keys import load_key
from services.sender.repositories.workspaces import ensure_mailbox
from services.sender.resolve_schedules import resolve_schedules
from services.sender.schedules import schedules
from services.sender.settings import SenderSettings
from services.sender.start_schedules import start_schedules
from services.sender.use_cases.send_context import HouseContext

log = get_logger()


@contextlib.asynccontextmanager
async def start(settings: SenderSettings, platform: Platform) -> AsyncGenerator[Parts]:
    """Note the mailbox of the settings, and watch over the loops that send through it and through workspaces' own."""
    sender = sender_from(
        settings.mail_from,
        postal_address=settings.postal_address,
        unsubscribe_address=settings.unsubscribe_address,
    )
    async with platform.open_uow() as uow:
        links = UnsubscribeLinks(settings.app_base_url, await load_key(uow.conn))
    context = HouseContext(
        open_uow=platform.open_uow,
        house_id=await _house(settings, platform, sender) if settings.mailbox_url else None,
        sender=sender,
        links=links,
        timing=settings.timing,
        default_quota=settings.daily_quota,
        batch_size=settings.send_batch_size,
        ahead=settings.send_ahead,
        limits=settings.limits,
    )
    if context.house_id is None:
        log.warning("mailbox.missing", note="set SMTP_URL and MAIL_FROM, or let workspaces bring mailboxes")
    office = open_post_office(settings, platform)
    resources = Resources(context, office)
    yield Parts(
        subscriptions=handlers.subscriptions(),
        schedules=[
            *schedules(context),
            *mailbox_schedules(platform.open_uow, office.opener.mailroom.ring),
            *resolve_schedules(platform.open_uow, office.opener),
            *hand_over_schedules(resources.desk),
            *start_schedules(platform.open_uow, Writer(sender, links)),
            *list_schedules(platform.open_uow, lookup=Dns() if settings.check_mx else None),
        ],
        tasks=[
            supervisor_of(settings, platform, context, office).run,
            functools.partial(keep_measuring, resources.desk),
        ],
        resources=resources,
    )


async def _house(settings: SenderSettings, platform: Platform, sender: Sender) -> UUID:
    kind = "sandbox" if settings.mailbox_sandboxed else "smtp"
    async with platform.open_uow() as uow:
        return await ensure_mailbox(
            uow.conn,
            key=f"{kind}:{sender.address.lower()}",
            address=sender.address,
            sandboxed=settings.mailbox_sandboxed,
        )


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
                suppression_files.router,
                suppressions.router,
                unsubscribe.router,
                campaigns.router,
                outlook.router,
                explanations.router,
                checks.router,
                sending_settings.router,
                emails.router,
                dead_letters.router,
                oauth.router,
                mailboxes.router,
                export_router(BELONGINGS),
            ],
            start=functools.partial(start, settings),
            title="Corofy sender",
            description="Lists, templates, campaigns, and every email's way out: within the quota, nobody twice.",
        )
    )
