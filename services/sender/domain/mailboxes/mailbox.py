"""A mailbox of a workspace: whose name mail bears, the server it leaves through, and whether it may."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

from libs.common.errors import Conflict, Invalid
from services.sender.domain.mailboxes.account import WITH_API, ApiAccount

Security = Literal["tls", "starttls", "none"]
"""TLS from the first byte, TLS before the login, or neither (only inside one's own machine)."""
SignsInWith = Literal["password", "google", "microsoft", "nothing"]
Provider = Literal["smtp", "sandbox", "sendgrid", "mailgun", "instantly"]
PauseReason = Literal["by_person", "login_refused", "consent_revoked", "blocked", "bounces", "complaints"]

_HOST: Final = re.compile(
    r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
_PORTS: Final = frozenset({25, 465, 587, 2465, 2525, 2587})
"""Where mail servers take mail. Others would let a tenant knock at any door of the Internet."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed over. `user` None: the server asks for no login."""

    host: str
    port: int
    security: Security = "tls"
    user: str | None = None
    signs_in_with: SignsInWith = "password"

    @property
    def as_json(self) -> dict[str, Any]:
        """As the table keeps it."""
        return {
            "host": self.host,
            "port": self.port,
            "security": self.security,
            "user": self.user,
            "signs_in_with": self.signs_in_with,
        }


@dataclass(frozen=True, slots=True)
class Ramp:
    """So many mails on the first day, and so many more on each day after."""

    start: int
    step: int
    started: date


@dataclass(frozen=True, slots=True)
class Dkim:
    """The key's name in DNS, and its public halves: what is published."""

    selector: str
    rsa: str
    ed25519: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Why nothing leaves: a name for programs, a sentence for people."""

    reason: str
    detail: str
    since: datetime


@dataclass(frozen=True, slots=True)
class MailboxView:
    """What may be known of a mailbox. Its secrets are elsewhere; `has_secrets` says that there are some.

    `workspace_id` None is the mailbox of the settings, offered to everybody. `version` rises when it is reached otherwise.
    """

    id: UUID
    workspace_id: UUID | None
    provider: Provider
    address: str
    name: str
    reply_to: str | None
    sandboxed: bool
    server: Server | None
    account: ApiAccount | None
    dkim: Dkim | None
    has_secrets: bool
    version: int
    daily_quota: int | None
    ramp: Ramp | None
    pause: Pause | None
    trouble: str | None
    retry_at: datetime | None
    refusals: int
    created_at: datetime

    @property
    def domain(self) -> str:
        """The domain that SPF, DKIM and DMARC are asked of."""
        return self.address.rpartition("@")[2]

    @property
    def has_api(self) -> bool:
        """Whether it is called over HTTP with a key."""
        return self.provider in WITH_API


@dataclass(frozen=True, slots=True)
class Secrets:
    """What lies sealed. Not shown in logs."""

    password: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    access_token: str = field(default="", repr=False)
    access_until: float = 0
    dkim_rsa: str = field(default="", repr=False)
    dkim_ed25519: str = field(default="", repr=False)


def checked_server(server: Server, *, has_password: bool, any_host: bool) -> Server:
    """The server as it is kept. Raises Invalid `server_unsafe` for what must not be, `server_malformed` for what cannot.

    `any_host`: plain connections and odd ports are fine, as on a developer's machine.
    """
    host = server.host.strip().rstrip(".").lower()
    if not _HOST.fullmatch(host) or not 0 < server.port < 65536:
        msg = f"{server.host[:100]!r}, port {server.port}, names no mail server: give a host such as smtp.example.com"
        raise Invalid(msg, code="server_malformed")
    if not any_host and server.port not in _PORTS:
        msg = f"port {server.port} is none that mail is handed over at: use 465 (TLS) or 587 (STARTTLS)"
        raise Invalid(msg, code="server_unsafe")
    if not any_host and server.security == "none":
        msg = "mail and its login would travel in the clear: use TLS (port 465) or STARTTLS (port 587)"
        raise Invalid(msg, code="server_unsafe")
    if server.signs_in_with == "password" and bool(server.user) != has_password:
        msg = "a user and a password belong together: give both, or neither for a server that asks for none"
        raise Invalid(msg, code="server_malformed")
    user = server.user or None
    signs_in_with: SignsInWith = server.signs_in_with if user else "nothing"
    return Server(host, server.port, server.security, user, signs_in_with)


def check_not_waited_for(campaigns: list[str]) -> None:
    """Whether a mailbox may be deleted. Raises Conflict `mailbox_in_use` with the names of campaigns that send through it."""
    if not campaigns:
        return
    first = ", ".join(campaigns[:5]) + (f" and {len(campaigns) - 5} more" if len(campaigns) > 5 else "")
    msg = f"campaigns that are not finished send through this mailbox: {first}. End them, or pause the mailbox instead"
    raise Conflict(msg, code="mailbox_in_use", extra={"campaigns": campaigns})


def check_not_handed_over(campaigns: list[str]) -> None:
    """The same for what its provider may still send by itself. Raises Conflict `mailbox_in_use`."""
    if campaigns:
        msg = (
            f"its provider may still send what was handed over for {', '.join(campaigns[:5])}: pause the mailbox, and delete"
            " it a few seconds later"
        )
        raise Conflict(msg, code="mailbox_in_use", extra={"campaigns": campaigns})
