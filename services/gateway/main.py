"""The composition root of the gateway."""

import contextlib
import functools
from collections.abc import AsyncGenerator
from pathlib import Path

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from libs.common.app import ServiceSpec, create_app
from libs.common.http.client import make_client
from libs.common.logs import get_logger
from libs.common.platform import Parts, Platform
from libs.common.public_resolver import PublicResolver
from libs.common.smtp_address import parse_smtp_url
from services.gateway import handlers, schedules, tables
from services.gateway.api import (
    api_keys,
    assistants,
    audit,
    auth,
    auth_info,
    auth_proofs,
    auth_user,
    description,
    erasures,
    events,
    exports,
    forward,
    invitations,
    me,
    members,
    public,
    web_config,
    webhook_deliveries,
    webhooks,
    workspaces,
)
from services.gateway.api.access import Resources
from services.gateway.api.door import Door
from services.gateway.api.web import serve_web_app
from services.gateway.clients.jwks import Jwks
from services.gateway.clients.mail_server import MailServer
from services.gateway.clients.name_servers import NameServers
from services.gateway.clients.receivers import Receivers
from services.gateway.clients.services import Services
from services.gateway.clients.tokens import Verifier
from services.gateway.clients.web_root import WebRoot
from services.gateway.clients.webhook_secrets import WebhookRing
from services.gateway.domain.tokens import ASYMMETRIC
from services.gateway.erasure_schedules import sweep_schedule
from services.gateway.live import LiveFeed, LiveHub
from services.gateway.postman import HANDS, Postman
from services.gateway.settings import GatewaySettings
from services.gateway.use_cases.mail_notices import Readers
from services.gateway.use_cases.mail_proofs import ProofPages
from services.gateway.webhook_schedules import webhook_schedules

log = get_logger()

EXPOSED_HEADERS = [
    "X-Request-Id",
    "Content-Disposition",
    "ETag",
    "Idempotency-Replayed",
    "Location",
    "Tus-Resumable",
    "Tus-Version",
    "Tus-Extension",
    "Tus-Max-Size",
    "Tus-Checksum-Algorithm",
    "Upload-Offset",
    "Upload-Length",
    "Upload-Metadata",
    "Upload-Expires",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "RateLimit-Policy",
    "Retry-After",
]
"""What a script of another origin may read in our answers beside the headers that it always may."""


@contextlib.asynccontextmanager
async def start(settings: GatewaySettings, platform: Platform) -> AsyncGenerator[Parts]:
    """Open the clients of the services and the live feed."""
    hub = LiveHub()
    feed = LiveFeed(rabbitmq_url=settings.rabbitmq_url.get_secret_value(), hub=hub)
    app = settings.app_base_url.rstrip("/")
    pages = ProofPages(reset=f"{app}/reset", confirm=f"{app}/confirm", sign_in=f"{app}/sign-in")
    verifier, postman = verifier_of(settings), postman_of(settings, platform)
    readers = Readers(tuple(sorted(settings.operators)), f"{app}/billing", f"{app}/mailboxes")
    mail_server = MailServer(parse_smtp_url(settings.mail_url), settings.mail_from) if settings.mail_url else None
    if mail_server is None:
        log.warning("mail_server.missing", note="set MAIL_SMTP_URL and MAIL_FROM: mails are kept for three days")
    services = Services(
        {
            "ingest": settings.ingest_url,
            "enrich": settings.enrich_url,
            "billing": settings.billing_url,
            "sender": settings.sender_url,
        }
    )
    resources = Resources(settings, services, hub, verifier, webhook_ring=postman.ring)
    try:
        yield Parts(
            subscriptions=handlers.subscriptions(readers),
            schedules=[
                *webhook_schedules(platform.open_uow, ring=postman.ring),
                sweep_schedule(platform.open_uow, secret=settings.auth_secret.get_secret_value()),
                *schedules.schedules(
                    platform.open_uow,
                    mail_server=mail_server,
                    pages=pages,
                    keep_audit=settings.audit_lifetime,
                    confirms_sign_ups=settings.confirms_sign_ups,
                ),
            ],
            tasks=[feed.run, hub.run, postman.run, functools.partial(resources.witness.run, platform.open_uow)],
            resources=resources,
            ready=[feed.ready],
        )
    finally:
        await postman.receivers.close()
        await services.close()
        await verifier.close()


def verifier_of(settings: GatewaySettings) -> Verifier:
    """Whose access tokens are believed: Supabase's, where SUPABASE_URL is set, and otherwise our own. Never both."""
    algorithms = settings.token_algorithms
    if not settings.supabase_url:
        return Verifier(settings.issuer, algorithms, secret=settings.auth_secret.get_secret_value())
    url = f"{settings.issuer}/.well-known/jwks.json"
    jwks = Jwks(url, make_client(concurrency=2)) if algorithms & ASYMMETRIC else None
    return Verifier(settings.issuer, algorithms, secret=settings.supabase_jwt_secret.get_secret_value(), jwks=jwks)


def postman_of(settings: GatewaySettings, platform: Platform) -> Postman:
    """Who sends webhooks: to public addresses, and to this machine only beside the sandbox."""
    loopback = settings.webhooks_reach_this_machine
    return Postman(
        platform.open_uow,
        platform.listener,
        Receivers(PublicResolver(NameServers().lookup, loopback=loopback), most=HANDS, loopback=loopback),
        WebhookRing(settings.ring),
        page=f"{settings.app_base_url.rstrip('/')}/settings",
    )


def build_app() -> FastAPI:
    """The gateway's application, configured from the environment."""
    settings = GatewaySettings()  # pyright: ignore[reportCallIssue] - filled from the environment
    app = create_app(
        ServiceSpec(
            settings=settings,
            tables=tables.COMMON,
            routers=[
                *(auth.router, auth_user.router, auth_proofs.router, auth_info.router),
                *(
                    workspaces.router,
                    members.router,
                    invitations.router,
                    api_keys.router,
                    audit.router,
                    erasures.router,
                    exports.router,
                ),
                *(webhooks.router, webhook_deliveries.router),
                *(me.router, assistants.router, events.router, description.router, web_config.router),
                *(public.router, forward.router),
            ],
            start=functools.partial(start, settings),
            openapi_url=None,
            title="Corofy",
            description="Upload leads, get them researched, send. Errors are problem+json with a stable `code`.",
        )
    )
    if settings.web_root:
        serve_web_app(app, WebRoot(Path(settings.web_root)), connect=settings.other_origins)
    # Before all others, which are looked through one after the other.
    app.router.routes.insert(0, forward.Forwarded())
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=EXPOSED_HEADERS,
        )
    app.add_middleware(Door, secure=settings.app_base_url.startswith("https://"))
    return app
