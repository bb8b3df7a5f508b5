"""The servers of strangers that webhooks are sent to: one request, no redirects, little of the answer, and no long wait."""

import asyncio
import re
from collections.abc import Mapping
from datetime import timedelta

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from libs.common.errors import Invalid
from libs.common.public_addresses import is_loopback
from libs.common.public_resolver import NotPublic
from services.gateway.domain.webhooks import ANSWER_BYTES, TIMEOUT_S, Answer

MOST_URL_CHARS = 2000
_HOST = re.compile(r"(?=.{4,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")
_HTTPS = 443
_LEAST_OTHER_PORT = 1024
_CONNECT_S = 5.0
_KEEPALIVE_S = 15
_USER_AGENT = "Corofy-Webhooks/1.0"


def checked_url(address: str, *, loopback: bool = False) -> URL:
    """An address that webhooks may be sent to: https, a name with dots, nobody's login. Raises Invalid `url_refused`.

    The name is looked at in the form in which it is asked for, after all decoding: numbers in any base, digits of other
    scripts and encoded dots come out as what they are. `loopback` takes http and this machine as well: for the sandbox.
    """
    try:
        url = URL(address)
        host, port = (url.raw_host or "").lower(), url.explicit_port
    except (ValueError, UnicodeError) as error:
        raise _refused("cannot be read") from error
    if len(str(url)) > MOST_URL_CHARS:
        raise _refused(f"is longer than {MOST_URL_CHARS} characters")
    if url.raw_user is not None or url.raw_password is not None:
        raise _refused("carries a login: put a secret into its path, or check our signature")
    if loopback and url.scheme in {"http", "https"} and (host == "localhost" or is_loopback(host)):
        return url.with_fragment(None)
    if url.scheme != "https":
        raise _refused(f"begins with {url.scheme or 'nothing'}: it has to begin with https://")
    if port is not None and port != _HTTPS and port < _LEAST_OTHER_PORT:
        raise _refused(f"names port {port}: take {_HTTPS}, or one from {_LEAST_OTHER_PORT} on")
    if not _HOST.fullmatch(host):
        raise _refused("does not name a public host: give a name such as hooks.example.com, not a number")
    return url.with_fragment(None)


def _refused(why: str) -> Invalid:
    return Invalid(f"the url {why}", code="url_refused")


class Receivers:
    """One session for all endpoints of the process. Connections go where `resolver` says, and nowhere else."""

    def __init__(self, resolver: AbstractResolver, *, most: int, loopback: bool = False) -> None:
        self._loopback = loopback
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=resolver, use_dns_cache=False, limit=most, keepalive_timeout=_KEEPALIVE_S
            ),
            headers={"User-Agent": _USER_AGENT, "Accept-Encoding": "identity"},
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
        )

    async def post(self, address: str, body: bytes, *, headers: Mapping[str, str]) -> Answer:
        """What an endpoint answers within TIMEOUT_S. It never raises for what the other side does."""
        try:
            url = checked_url(address, loopback=self._loopback)
            async with asyncio.timeout(TIMEOUT_S):
                return await self._ask(url, body, headers)
        except (Invalid, NotPublic) as error:
            return Answer(error=str(error))
        except TimeoutError:
            return Answer(error=f"there was no answer within {TIMEOUT_S:.0f} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Answer(error=_without_addresses(error))

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def _ask(self, url: URL, body: bytes, headers: Mapping[str, str]) -> Answer:
        sent = {**headers, "Content-Type": "application/json"}
        async with self._session.post(url, data=body, headers=sent, allow_redirects=False) as response:
            text = await _beginning(response)
            return Answer(response.status, text, retry_after=_retry_after(response.headers.get("Retry-After", "")))


async def _beginning(response: aiohttp.ClientResponse) -> str:
    """The first ANSWER_BYTES as text that Postgres takes. The rest is not read: the connection is closed instead."""
    read = bytearray()
    while len(read) < ANSWER_BYTES and (part := await response.content.read(ANSWER_BYTES - len(read))):
        read += part
    if not response.content.at_eof():
        response.close()
    return read.decode("utf-8", "replace").replace("\0", "\ufffd")


def _retry_after(said: str) -> timedelta | None:
    """Seconds. A date is not minded: it is told by the clock of a stranger."""
    return timedelta(seconds=int(said)) if re.fullmatch(r"\d{1,7}", said.strip()) else None


def _without_addresses(error: Exception) -> str:
    """What went wrong, and nothing of what a name led to: that is a piece of somebody's network."""
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "the name of the host cannot be looked up"
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError():
            return "its TLS certificate cannot be trusted"
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return "it cannot be connected to"
        case _:
            return f"the connection broke off: {type(error).__name__}"
