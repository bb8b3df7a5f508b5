"""Opens mailboxes: what lies in the table, and the secrets that were unsealed, become something that can send."""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from libs.common.errors import Conflict
from libs.common.smtp_address import SmtpAddress
from services.sender.clients.mailbox import Mailbox
from services.sender.clients.reach import Lookup
from services.sender.clients.secrets import SecretsRing
from services.sender.clients.smtp import SmtpMailbox
from services.sender.clients.smtp_door import Door, door_of
from services.sender.domain.mailboxes.mailbox import MailboxView, Secrets, Server

Token = Callable[[], Awaitable[str]]


@dataclass(frozen=True)
class Mailroom:
    """`shared` is the server of the settings' mailbox, `sandbox` the sandbox's. `any_host`: also in private networks."""

    ring: SecretsRing
    connect_timeout_s: float
    provider_timeout_s: float
    shared: SmtpAddress | None = None
    sandbox: SmtpAddress | None = None
    any_host: bool = False
    tls_context: ssl.SSLContext | None = None
    lookup: Lookup | None = field(default=None, repr=False)

    def open(self, view: MailboxView, secrets: Secrets, *, token: Token | None = None) -> Mailbox:
        """One connection to it, not made yet. Raises Conflict `mailbox_unusable` when its server is not known here."""
        return SmtpMailbox(
            self._door(view, secrets, token),
            connect_timeout_s=self.connect_timeout_s,
            provider_timeout_s=self.provider_timeout_s,
        )

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


def _known(address: SmtpAddress | None, view: MailboxView) -> SmtpAddress:
    if address is None:
        msg = f"the mailbox {view.address} was the {view.provider} one of the settings, which name no server any more"
        raise Conflict(msg, code="mailbox_unusable")
    return address
