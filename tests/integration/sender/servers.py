"""SMTP servers with moods, on real sockets: what they accepted is the truth about what was sent."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.support.waiting import eventually

_AT_RCPT = {
    "no such user": "550 5.1.1 no such user",
    "no such user, in Latin-1": "550 5.1.1 Empf\xe4nger unbekannt\0",
    "greylisted": "451 4.7.1 later",
    "relay refused": "454 4.7.1 Relay access denied",
    "login wanted": "530 5.7.0 Authentication required",
    "day limit": "550 5.4.5 Daily user sending limit exceeded",
}


@dataclass
class Inbox:
    """An aiosmtpd handler. `moods` are used up one per mail; without one the mail is accepted."""

    moods: list[str] = field(default_factory=list)
    mails: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    connections: int = 0
    commands: list[str] = field(default_factory=list)
    silent_at_rset: bool = False

    @property
    def recipients(self) -> list[str]:
        return [to for _, tos, _ in self.mails for to in tos]

    def parsed(self) -> list[Message]:
        return [message_from_bytes(content) for _, _, content in self.mails]

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        self.commands.append("MAIL")
        if self.moods[:1] == ["sender refused"]:
            self.moods.pop(0)
            return "550 5.7.1 not from you"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RSET(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        if self.silent_at_rset:
            await asyncio.sleep(30)
        return "250 OK"

    async def handle_HELO(  # noqa: N802
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str
    ) -> str:
        if self.moods[:1] == ["greeting refused"]:
            self.moods.pop(0)
            return "550 5.7.1 not from your address"
        session.host_name = hostname
        return "250 inbox.example"

    async def handle_EHLO(  # noqa: N802
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        if self.moods[:1] == ["greeting refused"]:
            return ["550 5.7.1 not from your address"]
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        mood = self.moods[:1]
        if mood and mood[0] in {*_AT_RCPT, "drop at RCPT"}:
            self.moods.pop(0)
        if mood == ["drop at RCPT"]:
            _hang_up(server)
        envelope.rcpt_tos.append(address)
        if mood and mood[0] in _AT_RCPT:
            envelope.rcpt_tos.pop()
            return _AT_RCPT[mood[0]]
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        mood = self.moods.pop(0) if self.moods else ""
        if mood == "spam":
            return "554 5.7.1 spam"
        if mood == "full":
            return "452 4.2.2 full"
        if mood == "hang":
            await asyncio.sleep(30)
        content = envelope.original_content or b""
        if mood != "lost and dropped":
            self.mails.append((envelope.mail_from or "", list(envelope.rcpt_tos), content))
        if mood in {"kept and dropped", "lost and dropped"}:
            _hang_up(server)
        if mood == "garbage":
            return "what? OK"
        return "250 2.0.0 queued"


class _Server(SMTP):
    """Knows when its connection is gone, which aiosmtpd forgets after a refused login."""

    gone = True
    _wire: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire, self.gone = transport, False
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.gone = True
        super().connection_lost(error)

    async def push(self, status: str | bytes) -> None:
        """As servers do that have never heard of UTF-8."""
        await super().push(status.encode("latin-1") if isinstance(status, str) else status)

    def cut(self) -> None:
        if isinstance(self._wire, asyncio.WriteTransport) and not self.gone:
            self._wire.abort()


def _hang_up(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.WriteTransport)
    server.transport.abort()


def _refuse_login(*_: object) -> AuthResult:
    return AuthResult(success=False, handled=False, message="535 5.7.8 Falsches Passwort f\xfcr dieses Postfach")


@contextlib.asynccontextmanager
async def listening(
    inbox: Inbox, *, port: int = 0, logins: bool = False, tls: ssl.SSLContext | None = None
) -> AsyncGenerator[int]:
    """A server around the inbox; answers its port. `logins`: it offers to log in, and refuses each. `tls`: at once."""
    open_servers: list[_Server] = []

    def greet() -> SMTP:
        inbox.connections += 1
        server = _Server(
            inbox,
            hostname="inbox.example",
            loop=asyncio.get_running_loop(),
            auth_require_tls=False,
            authenticator=_refuse_login if logins else None,
        )
        open_servers.append(server)
        return server

    listener = await asyncio.get_running_loop().create_server(greet, "127.0.0.1", port, ssl=tls)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        for server in open_servers:
            server.cut()
        await eventually(lambda: all(server.gone for server in open_servers))
        await listener.wait_closed()
