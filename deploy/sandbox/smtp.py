"""The mailbox's front door: a real SMTP listener whose moods are dials."""

from __future__ import annotations

import asyncio
import time
from base64 import b64decode
from typing import Any, cast
from zlib import crc32

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from deploy.sandbox.dials import SmtpDials, SmtpMode
from deploy.sandbox.state import Sandbox
from deploy.sandbox.world.chance import share

_MAX_MAIL = 16 * 1024 * 1024


class Door:
    """The handler behind the listener: refuses at RCPT, keeps at DATA, or hangs up."""

    def __init__(self, box: Sandbox) -> None:
        self._box = box

    async def handle_RCPT(  # noqa: N802 - aiosmtpd finds its hooks by these names
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        """Accept, defer or refuse one recipient."""
        del server, session
        dials = self._box.dials.smtp
        mode = self._mode(dials, address)
        reply = {"defer": dials.defer_reply, "refuse": dials.refuse_reply}.get(mode, "250 OK")
        if reply[:1] == "2":
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(rcpt_options)
            if mode.startswith("drop"):
                _moods(envelope).append(mode)
        self._box.calls.add("smtp", "rcpt", at=_now(), status=int(reply[:3]), ms=0, kind=mode, note=address)
        return reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the mail and say so; or keep it, or not, and hang up without a word."""
        del session
        began = _now()
        self._box.calls.begin("smtp")
        try:
            if self._box.dials.smtp.latency_ms:
                await asyncio.sleep(self._box.dials.smtp.latency_ms / 1000)
            reply = self._take(server, envelope)
        finally:
            self._box.calls.end("smtp")
        status = int(reply[:3]) if server.transport is not None and not server.transport.is_closing() else 0
        kind = next(iter(_moods(envelope)), "accept")
        to = ", ".join(envelope.rcpt_tos)
        self._box.calls.add("smtp", "data", at=began, status=status, ms=(_now() - began) * 1000, kind=kind, note=to)
        return reply

    def login(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        """Any name and password will do, unless the dial says otherwise."""
        del server, session, envelope, mechanism
        good = isinstance(data, LoginPassword) and not self._box.dials.smtp.refuse_login
        return AuthResult(success=good, handled=False)

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802 - found by its name
        """A token of the sandbox's authorisation server, for the account it names; anything else gets Gmail's refusal."""
        account, token = _bearer(args[1] if len(args) > 1 else "")
        if self._box.oauth.is_good(account, token) and not self._box.dials.smtp.refuse_login:
            return AuthResult(success=True, auth_data=account)
        await server.challenge_auth(b'{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}')
        return AuthResult(success=False, handled=False)

    def _take(self, server: SMTP, envelope: Envelope) -> str:
        mood = next(iter(_moods(envelope)), "")
        reply = "250 OK"
        if mood != "drop_lost":
            content = envelope.original_content or b""
            sender = envelope.mail_from or ""
            kept = self._box.mailbox.add(envelope_from=sender, envelope_to=tuple(envelope.rcpt_tos), raw=content)
            reply = f"250 2.0.0 OK: queued as {kept.id}"
        if mood and server.transport is not None:
            cast("asyncio.WriteTransport", server.transport).abort()
        return reply

    def _mode(self, dials: SmtpDials, address: str) -> SmtpMode:
        single = dials.recipients.get(address) or dials.recipients.get(address.lower())
        if single is not None:
            return single
        if dials.next_modes:
            return dials.next_modes.pop(0)
        if dials.mode == "accept" or dials.rate >= 1:
            return dials.mode
        seed = str(self._box.dials.seed)
        return dials.mode if share(seed, "smtp", str(crc32(address.lower().encode()))) < dials.rate else "accept"


async def listen(box: Sandbox, *, host: str, port: int) -> asyncio.Server:
    """Open the listener and note its port."""
    door = Door(box)
    loop = asyncio.get_running_loop()

    def greet() -> SMTP:
        return SMTP(
            door,
            hostname="sandbox.example",
            ident="Corofy sandbox",
            data_size_limit=_MAX_MAIL,
            enable_SMTPUTF8=True,
            auth_require_tls=False,
            authenticator=door.login,
            loop=loop,
        )

    server = await loop.create_server(greet, host, port)
    box.smtp_port = int(server.sockets[0].getsockname()[1])
    return server


def _bearer(blob: str) -> tuple[str, str]:
    """`user=…^Aauth=Bearer …^A^A`, in base64."""
    try:
        parts = dict(part.split("=", 1) for part in b64decode(blob).decode().split("\x01") if "=" in part)
    except ValueError:
        return "", ""
    return parts.get("user", ""), parts.get("auth", "").removeprefix("Bearer ")


def _moods(envelope: Envelope) -> list[str]:
    moods: list[str] | None = getattr(envelope, "moods", None)
    if moods is None:
        moods = []
        envelope.moods = moods  # type: ignore[attr-defined] # aiosmtpd lets handlers keep notes on the envelope
    return moods


def _now() -> float:
    return time.time()
