"""Opens mailboxes: what lies in the table, and the secrets that were unsealed, become something that can send."""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from libs.common.errors import Conflict
from libs.common.public_resolver import Lookup
from libs.common.smtp_address import SmtpAddress
from services.sender.clients.instantly import Instantly
from services.sender.clients.instantly_outlet import InstantlyOutlet, RefOf
from services.sender.clients.mailbox import Mailbox
from services.sender.clients.mailgun import MailgunMailbox
from services.sender.clients.provider_places import SANDBOX_KEY, ProviderPlaces
from services.sender.clients.secrets import SecretsRing
from services.sender.clients.sendgrid import SendGridMailbox
from services.sender.clients.smtp import SmtpMailbox
from services.sender.clients.smtp_door import Door, door_of
from services.sender.domain.mailboxes.account import ApiAccount
from services.sender.domain.mailboxes.mailbox import MailboxView, Secrets, Server

Token = Callable[[], Awaitable[str]]


async def _no_ref(_campaign_id: object) -> None:
    """Where nothing is handed over, no campaign of ours is known elsewhere."""


@dataclass(frozen=True)
class ApiLogin:
    """What an account at a provider with an API is reached with. Without a key it is the sandbox's stand-in."""

    provider: str
    account: ApiAccount
    key: str = field(repr=False)
    sandboxed: bool


@dataclass(frozen=True)
class Mailroom:
    """`shared` is the server of the settings' mailbox, `sandbox` the sandbox's. `any_host`: also in private networks."""

    ring: SecretsRing
    connect_timeout_s: float
    provider_timeout_s: float
    shared: SmtpAddress | None = None
    sandbox: SmtpAddress | None = None
    any_host: bool = False
    places: ProviderPlaces = field(default_factory=ProviderPlaces)
    tls_context: ssl.SSLContext | None = None
    lookup: Lookup | None = field(default=None, repr=False)

    def open(
        self, view: MailboxView, secrets: Secrets, *, token: Token | None = None, ref_of: RefOf = _no_ref
    ) -> Mailbox:
        """One connection to it, not made yet. Raises Conflict `mailbox_unusable` when its server is not known here."""
        if view.account is not None:
            return self.open_api(_login(view, view.account, secrets), ref_of=ref_of)
        return SmtpMailbox(
            self._door(view, secrets, token),
            connect_timeout_s=self.connect_timeout_s,
            provider_timeout_s=self.provider_timeout_s,
        )

    def open_api(
        self, login: ApiLogin, *, ref_of: RefOf = _no_ref
    ) -> SendGridMailbox | MailgunMailbox | InstantlyOutlet:
        """The same over HTTP. Raises Conflict `mailbox_unusable`."""
        if login.provider == "instantly":
            return InstantlyOutlet(self._instantly(login), ref_of)
        base, key = self._place(login), login.key or SANDBOX_KEY
        waits = {"connect_timeout_s": self.connect_timeout_s, "provider_timeout_s": self.provider_timeout_s}
        if login.provider == "sendgrid":
            return SendGridMailbox(key, base_url=base, **waits)
        return MailgunMailbox(key, domain=login.account.domain, base_url=base, **waits)

    def instantly(self, view: MailboxView, secrets: Secrets) -> Instantly:
        """To keep campaigns at Instantly. Raises Conflict `mailbox_unusable`."""
        assert view.account is not None, "a mailbox of a provider with an API has an account"
        return self._instantly(_login(view, view.account, secrets))

    def _instantly(self, login: ApiLogin) -> Instantly:
        return Instantly(
            login.key or SANDBOX_KEY,
            base_url=self._place(login),
            connect_timeout_s=self.connect_timeout_s,
            provider_timeout_s=self.provider_timeout_s,
        )

    def _place(self, login: ApiLogin) -> str:
        return self.places.place(login.provider, region=login.account.region, sandboxed=login.sandboxed)

    def _door(self, view: MailboxView, secrets: Secrets, token: Token | None) -> Door:
        if view.workspace_id is None:
            return door_of(_known(self.shared, view))
        if view.provider == "sandbox":
            return self._of_sandbox(view, token)
        assert view.server is not None, "only the sandbox's and the settings' are without"
        return self.door(view.server, secrets, token=token)

    def _of_sandbox(self, view: MailboxView, token: Token | None) -> Door:
        where = door_of(_known(self.sandbox, view))
        if token is None or view.server is None:
            return where
        return Door(
            where.host,
            where.port,
            where.tls,
            where.start_tls,
            username=view.server.user,
            token=token,
            local_name="localhost",
        )

    def door(self, server: Server, secrets: Secrets, *, token: Token | None = None) -> Door:
        """How a workspace's server is entered."""
        signs_in = server.signs_in_with == "password"
        return Door(
            server.host,
            server.port,
            tls=server.security == "tls",
            start_tls=server.security == "starttls",
            username=server.user,
            password=secrets.password if signs_in else None,
            token=token,
            only_public=not self.any_host,
            tls_context=self.tls_context,
            lookup=self.lookup,
        )


def _login(view: MailboxView, account: ApiAccount, secrets: Secrets) -> ApiLogin:
    return ApiLogin(view.provider, account, secrets.api_key, view.sandboxed)


def _known(address: SmtpAddress | None, view: MailboxView) -> SmtpAddress:
    if address is None:
        msg = f"the mailbox {view.address} was the {view.provider} one of the settings, which name no server any more"
        raise Conflict(msg, code="mailbox_unusable")
    return address
