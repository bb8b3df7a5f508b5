"""SMTP: one connection for many mails, and answers that say what is known: accepted, refused, deferred, or unknown.

Once the final dot has been written, only a reply can tell what became of the mail. Everything before it is proof that
nothing was accepted. (RFC 5321, 4.1.1.4 and 4.2.5)
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponseException

from libs.common import metrics
from libs.common.smtp_address import SmtpAddress
from services.sender.clients.mailbox import Capabilities, MailboxDown
from services.sender.clients.smtp_door import Door, dial, door_of
from services.sender.domain.mailboxes.answers import meaning, of_mailbox
from services.sender.domain.message import Letter
from services.sender.domain.sending import Accepted, Deferred, NotCalled, Outcome, Unknown

MAILS_PER_CONNECTION = 100
"""Servers often allow no more."""
_COURTESY_S = 1
"""So long RSET and QUIT may take: no mail depends on them."""
_REPLY_CHARS = 300
_LINE_ENDS = re.compile(rb"\r\n|\n|\r")
_BROKEN = (SMTPException, OSError, EOFError)


class SmtpMailbox:
    """One connection, reused. Not for use by two tasks at once."""

    def __init__(self, door: SmtpAddress | Door, *, connect_timeout_s: float, provider_timeout_s: float) -> None:
        self._door = door if isinstance(door, Door) else door_of(door)
        self._connect_timeout_s = connect_timeout_s
        self._provider_timeout_s = provider_timeout_s
        self._smtp: aiosmtplib.SMTP | None = None
        self._sent = 0

    @property
    def capabilities(self) -> Capabilities:
        """SMTP takes mail, and can be asked nothing afterwards."""
        return Capabilities()

    async def lookup(self, message_id: str) -> Accepted | None:
        """Nothing is known of any mail."""
        del message_id
        return None

    async def open(self) -> None:
        """Connect, unless we are connected. Raises MailboxDown."""
        if self._smtp is not None and self._smtp.is_connected and self._sent < MAILS_PER_CONNECTION:
            return
        await self.close()
        smtp: aiosmtplib.SMTP | None = None
        try:
            async with asyncio.timeout(self._connect_timeout_s):
                smtp = await dial(self._door, timeout_s=self._provider_timeout_s)
        except _BROKEN as error:
            metrics.PROVIDER_CALLS.labels("smtp", "no_connection").inc()
            raise _down(self._door, error) from error
        self._smtp, self._sent = smtp, 0

    async def close(self) -> None:
        """Hang up, politely if that is quick."""
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        try:
            async with asyncio.timeout(_COURTESY_S):
                await smtp.quit()
        except (*_BROKEN, TimeoutError):
            smtp.close()

    async def send(self, letter: Letter, *, may_call: Callable[[], bool]) -> Outcome:
        """One mail to its one recipient. A connection that has gone stale is made anew once, before the mail begins."""
        try:
            outcome = await self._attempt(letter, may_call=may_call)
            if isinstance(outcome, _Stale):
                await self.close()
                outcome = await self._attempt(letter, may_call=may_call)
        except MailboxDown as error:
            outcome = Deferred(error.message, mailbox=True, pause=error.pause)
        if isinstance(outcome, _Stale):
            outcome = Deferred(outcome.reply, mailbox=True)
        if not isinstance(outcome, Accepted | NotCalled):
            await self._start_over(lost=isinstance(outcome, Unknown) or getattr(outcome, "mailbox", False))
        metrics.PROVIDER_CALLS.labels("smtp", type(outcome).__name__.lower()).inc()
        return outcome

    async def _attempt(self, letter: Letter, *, may_call: Callable[[], bool]) -> "Outcome | _Stale":
        await self.open()
        assert self._smtp is not None
        if not may_call():
            return NotCalled()
        self._sent += 1
        call = _Call(self._smtp, letter)
        try:
            with metrics.PROVIDER_SECONDS.labels("smtp").time():
                async with asyncio.timeout(self._provider_timeout_s):
                    return await call.run()
        except (*_BROKEN, TimeoutError) as error:
            _cut(self._smtp)
            return Unknown(_say(error)) if call.handed_over else _before(call, error)

    async def _start_over(self, *, lost: bool) -> None:
        """Ready for the next mail, quickly: the outcome of this one is not written down before."""
        if lost or self._smtp is None or not self._smtp.is_connected:
            await self.close()
            return
        try:
            async with asyncio.timeout(_COURTESY_S):
                await self._smtp.rset()
        except (*_BROKEN, TimeoutError):
            _cut(self._smtp)
            self._smtp = None


@dataclass(frozen=True)
class _Stale:
    """The connection was dead before the mail began."""

    reply: str


class _Call:
    """MAIL, RCPT, DATA, the mail. `handed_over` turns true with the final dot."""

    def __init__(self, smtp: aiosmtplib.SMTP, letter: Letter) -> None:
        self._smtp = smtp
        self._letter = letter
        self.begun = False
        self.handed_over = False

    async def run(self) -> Outcome | _Stale:
        smtp, letter = self._smtp, self._letter
        try:
            await smtp.mail(letter.envelope_from)
            self.begun = True
            await smtp.rcpt(letter.envelope_to)
            code, reply = await smtp.execute_command(b"DATA")
            if code != aiosmtplib.SMTPStatus.start_input:
                return _said_no(code, reply)
            return await self._hand_over(smtp, letter.content)
        except aiosmtplib.SMTPSenderRefused as error:
            stale = error.code == aiosmtplib.SMTPStatus.domain_unavailable
            return _Stale(_say(error)) if stale else _to_the_sender(error)
        except SMTPResponseException as error:
            if not self.begun:
                return _to_the_sender(error)
            if self.handed_over:
                return Unknown(_say(error))
            return _said_no(error.code, error.message)

    async def _hand_over(self, smtp: aiosmtplib.SMTP, content: bytes) -> Outcome:
        protocol = smtp.protocol
        if protocol is None:
            return Deferred("the connection was lost before the message")
        wire = dot_stuffed(content)
        protocol.write(wire)
        self.handed_over = True
        code, reply = await protocol.read_response()
        if code == aiosmtplib.SMTPStatus.completed:
            return Accepted(storable(reply))
        return _said_no(code, reply) if 400 <= code < 600 else Unknown(storable(f"{code} {reply}"))


def _cut(smtp: aiosmtplib.SMTP) -> None:
    """Close at once: what is still in our buffer must not reach the server after we have stopped waiting."""
    if smtp.transport is not None:
        cast("asyncio.WriteTransport", smtp.transport).abort()
    smtp.close()


def dot_stuffed(content: bytes) -> bytes:
    """A message as DATA wants it: CRLF line ends, leading dots doubled, the final dot (RFC 5321, 4.5.2)."""
    lines = _LINE_ENDS.split(content)
    if lines[-1] == b"":
        lines.pop()
    return b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines) + b".\r\n"


def _before(call: _Call, error: BaseException) -> Deferred | _Stale:
    if call.begun or isinstance(error, TimeoutError):
        return Deferred(f"before the message: {_say(error)}", mailbox=True)
    return _Stale(_say(error))


def _said_no(code: int, reply: str) -> Outcome:
    return meaning(code, storable(reply))


def _to_the_sender(error: SMTPResponseException) -> Deferred:
    """A no to whoever sends, before the recipient is named: the mailbox's trouble in any case."""
    return of_mailbox(error.code, storable(error.message)) or Deferred(_say(error), mailbox=True)


def _down(door: Door, error: BaseException) -> MailboxDown:
    """A login that is refused for good is for a person to mend; what is merely away comes back by itself."""
    refused = isinstance(error, aiosmtplib.SMTPAuthenticationError) and 500 <= error.code < 600
    return MailboxDown(f"{door.host}:{door.port}: {_say(error)}", pause="login_refused" if refused else None)


def _say(error: BaseException) -> str:
    words = f"{error.code} {error.message}" if isinstance(error, SMTPResponseException) else str(error)
    return storable(words or type(error).__name__)


def storable(words: str) -> str:
    """What a server said, as Postgres takes it: no NUL, and no half characters, which is how bytes that are not UTF-8
    reach us. Not stored at all, a clear no would count as unknown."""
    whole = words.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return whole.replace("\0", "\ufffd")[:_REPLY_CHARS]
