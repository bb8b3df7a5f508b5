"""The mail server of Corofy's own mails: one mail a conversation, and what is known about it afterwards.

Until the message itself has been handed over, silence is proof that nothing was taken; after that it is not
(RFC 5321, 4.5.3.2).
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponseException

from libs.common import metrics
from libs.common.smtp_address import SmtpAddress
from services.gateway.domain.mails import Answer, Mail, Said

TIMEOUT_S = 30
_REPLY_CHARS = 300
_SILENT = (SMTPException, OSError, EOFError, TimeoutError)


@dataclass(frozen=True)
class MailServer:
    """Where mails are handed over, and who writes them (`Name <address>`)."""

    address: SmtpAddress
    mail_from: str

    async def send(self, mail: Mail, *, now: datetime) -> Answer:
        """Hand one mail over. Never raises for what a server says or does not say."""
        answer = await self._converse(mail, now=now)
        metrics.PROVIDER_CALLS.labels("smtp", answer.said).inc()
        return answer

    async def _converse(self, mail: Mail, *, now: datetime) -> Answer:
        smtp = aiosmtplib.SMTP(
            hostname=self.address.host,
            port=self.address.port,
            username=self.address.username,
            password=self.address.password,
            use_tls=self.address.tls,
            start_tls=self.address.start_tls,
            local_hostname="localhost" if self.address.is_loopback else None,
            timeout=TIMEOUT_S,
        )
        sender, handed_over = parseaddr(self.mail_from)[1], False
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await smtp.connect()
                await smtp.mail(sender)
                await smtp.rcpt(mail.address)
                handed_over = True
                _, reply = await smtp.data(self.content_of(mail, now=now))
            return Answer("accepted", _storable(reply))
        except SMTPResponseException as error:
            return Answer(_said(error, begun=smtp.is_connected), _storable(f"{error.code} {error.message}"))
        except _SILENT as error:
            words = _storable(str(error) or type(error).__name__)
            return Answer("unknown" if handed_over else "deferred", words)
        finally:
            smtp.close()

    def content_of(self, mail: Mail, *, now: datetime) -> bytes:
        """The message: text and HTML, marked as written by a machine (RFC 3834), so that no holiday answers come back."""
        name, sender = parseaddr(self.mail_from)
        message = EmailMessage(policy=SMTP)
        message["From"] = Address(name, addr_spec=sender)
        message["To"] = Address(addr_spec=mail.address)
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(now)
        message["Message-ID"] = mail.message_id(sender.rpartition("@")[2])
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        message.set_content(mail.body_text, cte="quoted-printable")
        message.add_alternative(mail.body_html, subtype="html", cte="quoted-printable")
        message.set_boundary(f"=_{mail.id.hex}")
        return message.as_bytes()


def _said(error: SMTPResponseException, *, begun: bool) -> Said:
    """A clear no to this mail, unless the server turns everybody away or says that it is for the moment."""
    about_the_mail = begun and not isinstance(error, aiosmtplib.SMTPAuthenticationError | aiosmtplib.SMTPSenderRefused)
    return "refused" if about_the_mail and 500 <= error.code < 600 else "deferred"


def _storable(words: str) -> str:
    whole = words.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return whole.replace("\0", "\ufffd")[:_REPLY_CHARS]
