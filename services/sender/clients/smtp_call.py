"""One mail over an open SMTP connection, and what each answer on the way means (RFC 5321, 4.1.1.4 and 4.2.5)."""

import re
from dataclasses import dataclass

import aiosmtplib
from aiosmtplib import SMTPResponseException

from services.sender.clients.words import storable
from services.sender.domain.mailboxes.answers import meaning, of_mailbox
from services.sender.domain.message import Letter
from services.sender.domain.sending import Accepted, Deferred, Outcome, Unknown

_LINE_ENDS = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True)
class Stale:
    """The connection was dead before the mail began."""

    reply: str


class Call:
    """MAIL, RCPT, DATA, the mail. `handed_over` turns true with the final dot."""

    def __init__(self, smtp: aiosmtplib.SMTP, letter: Letter) -> None:
        self._smtp = smtp
        self._letter = letter
        self.begun = False
        self.handed_over = False

    async def run(self) -> Outcome | Stale:
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
            return Stale(say(error)) if stale else _to_the_sender(error)
        except SMTPResponseException as error:
            if not self.begun:
                return _to_the_sender(error)
            if self.handed_over:
                return Unknown(say(error))
            return _said_no(error.code, error.message)

    async def _hand_over(self, smtp: aiosmtplib.SMTP, content: bytes) -> Outcome:
        protocol = smtp.protocol
        if protocol is None:
            return Deferred("before the message: the connection was lost", mailbox=True)
        wire = dot_stuffed(content)
        protocol.write(wire)
        self.handed_over = True
        code, reply = await protocol.read_response()
        if code == aiosmtplib.SMTPStatus.completed:
            return Accepted(storable(reply))
        return _said_no(code, reply) if 400 <= code < 600 else Unknown(storable(f"{code} {reply}"))


def dot_stuffed(content: bytes) -> bytes:
    """A message as DATA wants it: CRLF line ends, leading dots doubled, the final dot (RFC 5321, 4.5.2)."""
    lines = _LINE_ENDS.split(content)
    if lines[-1] == b"":
        lines.pop()
    return b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines) + b".\r\n"


def _said_no(code: int, reply: str) -> Outcome:
    return meaning(code, storable(reply))


def _to_the_sender(error: SMTPResponseException) -> Deferred:
    """A no to whoever sends, before the recipient is named: the mailbox's trouble in any case."""
    return of_mailbox(error.code, storable(error.message)) or Deferred(say(error), mailbox=True)


def say(error: BaseException) -> str:
    words = f"{error.code} {error.message}" if isinstance(error, SMTPResponseException) else str(error)
    return storable(words or type(error).__name__)
