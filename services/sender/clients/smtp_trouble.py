"""Why a mail server could not be entered, in a sentence for whoever set the mailbox up: what is wrong, and what to change."""

import socket
import ssl
from collections.abc import Iterator

import aiosmtplib

from services.sender.clients.mailbox import MailboxDown
from services.sender.clients.smtp_call import say
from services.sender.clients.smtp_door import Door
from services.sender.clients.words import storable


def down(door: Door, error: BaseException) -> MailboxDown:
    """A login that is refused for good is for a person to mend; what is merely away comes back by itself."""
    refused = isinstance(error, aiosmtplib.SMTPAuthenticationError) and 500 <= error.code < 600
    words = f"{sentence(door, error)} It said: {say(error)}"
    return MailboxDown(storable(words), pause="login_refused" if refused else None)


def sentence(door: Door, error: BaseException) -> str:
    """What to look at. The first cause decides: the library wraps what the socket said."""
    where, chain = f"{door.host}:{door.port}", list(_causes(error))
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return f"{where} does not accept this user and password: check both; some hosts want a password made for apps."
    if any(isinstance(one, socket.gaierror) for one in chain):
        return f"No server has the name {door.host}: check the host."
    if any(isinstance(one, ConnectionRefusedError) for one in chain):
        return f"Nothing listens at {where}: check the port, usually 465 with TLS or 587 with STARTTLS."
    if any(isinstance(one, ssl.SSLCertVerificationError) for one in chain):
        return f"{where} shows a certificate that does not prove its name: give the name that it is made out to."
    if any(isinstance(one, ssl.SSLError) for one in chain):
        return f"{where} does not speak TLS from the first byte: choose STARTTLS (usually port 587)."
    if "STARTTLS" in str(error):
        return f"{where} offers no STARTTLS: choose TLS (usually port 465)."
    if any(isinstance(one, TimeoutError) for one in chain):
        hint = "" if door.tls else ", or it speaks TLS from the first byte (usually port 465)"
        return f"{where} says nothing: the port is not a mail server's{hint}."
    if isinstance(error, aiosmtplib.SMTPResponseException) and error.code < 0:
        return f"What answers at {where} is no mail server: check host and port."
    return f"{where} does not let us in."


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
