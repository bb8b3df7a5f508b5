"""SMTP: one connection for many mails, and answers that say what is known: accepted, refused, deferred, or unknown.

Once the final dot has been written, only a reply can tell what became of the mail. Everything before it is proof that
nothing was accepted. (RFC 5321, 4.1.1.4 and 4.2.5)
"""

import asyncio
from collections.abc import Callable
from typing import cast

import aiosmtplib
from aiosmtplib import SMTPException

from libs.common import metrics
from libs.common.smtp_address import SmtpAddress
from services.sender.clients.mailbox import Capabilities, MailboxDown
from services.sender.clients.smtp_call import Call, Stale, say
from services.sender.clients.smtp_door import Door, dial, door_of
from services.sender.clients.smtp_trouble import down
from services.sender.domain.message import Letter
from services.sender.domain.sending import Accepted, Deferred, NotCalled, Outcome, Unknown

MAILS_PER_CONNECTION = 100
"""Servers often allow no more."""
_COURTESY_S = 1
"""So long RSET and QUIT may take: no mail depends on them."""
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
            raise down(self._door, error) from error
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
            if isinstance(outcome, Stale):
                await self.close()
                outcome = await self._attempt(letter, may_call=may_call)
        except MailboxDown as error:
            outcome = Deferred(error.message, mailbox=True, pause=error.pause)
        if isinstance(outcome, Stale):
            outcome = Deferred(outcome.reply, mailbox=True)
        if not isinstance(outcome, Accepted | NotCalled):
            await self._start_over(lost=isinstance(outcome, Unknown) or getattr(outcome, "mailbox", False))
        metrics.PROVIDER_CALLS.labels("smtp", type(outcome).__name__.lower()).inc()
        return outcome

    async def _attempt(self, letter: Letter, *, may_call: Callable[[], bool]) -> Outcome | Stale:
        await self.open()
        assert self._smtp is not None
        if not may_call():
            return NotCalled()
        self._sent += 1
        call = Call(self._smtp, letter)
        try:
            with metrics.PROVIDER_SECONDS.labels("smtp").time():
                async with asyncio.timeout(self._provider_timeout_s):
                    return await call.run()
        except (*_BROKEN, TimeoutError) as error:
            _cut(self._smtp)
            return Unknown(say(error)) if call.handed_over else _before(call, error)

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


def _cut(smtp: aiosmtplib.SMTP) -> None:
    """Close at once: what is still in our buffer must not reach the server after we have stopped waiting."""
    if smtp.transport is not None:
        cast("asyncio.WriteTransport", smtp.transport).abort()
    smtp.close()


def _before(call: Call, error: BaseException) -> Deferred | Stale:
    if call.begun or isinstance(error, TimeoutError):
        return Deferred(f"before the message: {say(error)}", mailbox=True)
    return Stale(say(error))
