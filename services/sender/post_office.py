"""How mailboxes are made ready at start: what opens them, who is asked for consent, and where DNS is asked."""

from dataclasses import dataclass

from libs.common.http.client import make_client
from libs.common.platform import Platform
from libs.common.smtp_address import parse_smtp_url
from services.sender.clients.dns import Dns, Records
from services.sender.clients.mailroom import Mailroom
from services.sender.clients.oauth import OAuth, OAuthApp
from services.sender.clients.provider_places import ProviderPlaces
from services.sender.clients.secrets import SecretsRing
from services.sender.domain.mailboxes.presets import OAuthProvider
from services.sender.settings import SenderSettings
from services.sender.use_cases.ask_consent import OAuthDesk
from services.sender.use_cases.open_mailbox import Opener

_SANDBOX_APP = "sandbox"
_CALLBACK = "/v1/oauth/callback"


@dataclass(frozen=True)
class PostOffice:
    """What routes and loops need of mailboxes."""

    opener: Opener
    desk: OAuthDesk
    records: Records
    app_base_url: str


def open_post_office(settings: SenderSettings, platform: Platform) -> PostOffice:
    """Nothing is connected to yet."""
    ring = SecretsRing(settings.ring)
    app_base_url = settings.app_base_url.rstrip("/")
    sandbox_url = settings.sandbox_smtp_url.get_secret_value()
    mailroom = Mailroom(
        ring=ring,
        connect_timeout_s=settings.send_call_deadline_s,
        provider_timeout_s=settings.send_provider_timeout_s,
        shared=parse_smtp_url(settings.mailbox_url) if settings.mailbox_url else None,
        sandbox=parse_smtp_url(sandbox_url) if sandbox_url else None,
        any_host=settings.mailbox_any_host,
        places=ProviderPlaces(
            sendgrid=settings.sendgrid_base_url,
            mailgun_us=settings.mailgun_base_url,
            mailgun_eu=settings.mailgun_eu_base_url,
            instantly=settings.instantly_base_url,
            sandbox=settings.sandbox_url,
        ),
    )
    oauth = OAuth(
        oauth_apps(settings), redirect_uri=f"{app_base_url}{_CALLBACK}", http=make_client(concurrency=20, read_s=15)
    )
    desk = OAuthDesk(oauth, ring, settings.internal_secret.get_secret_value())
    return PostOffice(Opener(platform.open_uow, mailroom, oauth), desk, Dns(), app_base_url)


def oauth_apps(settings: SenderSettings) -> dict[OAuthProvider, OAuthApp]:
    """The registrations of the settings; where there are none, the sandbox's, if it is there."""
    google = OAuthApp(
        "google",
        settings.google_client_id,
        settings.google_client_secret.get_secret_value(),
        settings.google_authorize_url,
        settings.google_token_url,
    )
    microsoft = OAuthApp(
        "microsoft",
        settings.microsoft_client_id,
        settings.microsoft_client_secret.get_secret_value(),
        settings.microsoft_authorize_url,
        settings.microsoft_token_url,
    )
    apps: dict[OAuthProvider, OAuthApp] = {app.provider: app for app in (google, microsoft) if app.client_id}
    if not _has_sandbox(settings):
        return apps
    return {"google": _stand_in("google", settings), "microsoft": _stand_in("microsoft", settings), **apps}


def _has_sandbox(settings: SenderSettings) -> bool:
    return bool(settings.sandbox_url and settings.sandbox_smtp_url.get_secret_value())


def _stand_in(provider: OAuthProvider, settings: SenderSettings) -> OAuthApp:
    base = f"{settings.sandbox_url.rstrip('/')}/oauth/{provider}"
    return OAuthApp(provider, _SANDBOX_APP, _SANDBOX_APP, f"{base}/authorize", f"{base}/token", sandboxed=True)
