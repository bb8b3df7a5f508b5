"""The way into a mail server: where it is, how the line is protected, and who we say we are."""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiosmtplib

from libs.common.public_resolver import Lookup
from libs.common.smtp_address import SmtpAddress
from services.sender.clients.reach import public_socket


@dataclass(frozen=True)
class Door:
    """How a mail server is entered. `start_tls` None takes TLS where it is offered.

    `token` answers a fresh access token (XOAUTH2), instead of a password. `only_public`: a name that leads into our own
    network is not followed.
    """

    host: str
    port: int
    tls: bool
    start_tls: bool | None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    token: Callable[[], Awaitable[str]] | None = field(default=None, repr=False)
    only_public: bool = False
    local_name: str | None = None
    tls_context: ssl.SSLContext | None = None
    lookup: Lookup | None = None


def door_of(address: SmtpAddress) -> Door:
    """The server of an SMTP_URL, which may be anywhere."""
    return Door(
        address.host,
        address.port,
        address.tls,
        address.start_tls,
        username=address.username,
        password=address.password,
        local_name="localhost" if address.is_loopback else None,
    )


async def dial(door: Door, *, timeout_s: float) -> aiosmtplib.SMTP:
    """Connect, protect the line and log in. Raises what aiosmtplib raises, and OSError."""
    found = await public_socket(door.host, door.port, lookup=door.lookup) if door.only_public else None
    smtp = aiosmtplib.SMTP(
        hostname=door.host,
        port=None if found else door.port,
        sock=found,
        username=door.username,
        password=door.password,
        oauth_token_generator=door.token,
        use_tls=door.tls,
        start_tls=door.start_tls,
        local_hostname=door.local_name,
        tls_context=door.tls_context,
        timeout=timeout_s,
    )
    try:
        await smtp.connect()
    except BaseException:
        smtp.close()
        raise
    return smtp
