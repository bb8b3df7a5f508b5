"""Which addresses our own reader may go to. There is no way to switch it off, and none to configure an exception."""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from libs.common.public_addresses import is_public
from services.enrich.domain.sites.website import SiteNotReached, SiteUnread

MOST_URL_CHARS = 2000
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")
_DNS_THREADS = 8
_DNS_S = 5.0

Lookup = Callable[[str, int], Awaitable[list[str]]]
"""All addresses of a host; raises OSError as `getaddrinfo` does."""


def checked_url(address: str | URL) -> URL:
    """An address that may be asked: http(s) on its usual port, a name with dots, nobody's login. Raises SiteUnread.

    The name is looked at in the form in which it is asked for, after all decoding: digits of other scripts, encoded dots and
    numbers in any base come out as what they are.
    """
    try:
        url = URL(address) if isinstance(address, str) else address
        host, port = url.raw_host or "", url.explicit_port
    except (ValueError, UnicodeError) as error:
        raise SiteUnread("refused", "The address cannot be read.") from error
    if len(str(url)) > MOST_URL_CHARS:
        raise SiteUnread("refused", "The address is too long.")
    if url.scheme not in _PORTS:
        raise SiteUnread("refused", f"Only http and https addresses are read, not {url.scheme or 'one without'}.")
    if url.raw_user is not None or url.raw_password is not None:
        raise SiteUnread("refused", "The address carries a login.")
    if port is not None and port != _PORTS[url.scheme]:
        raise SiteUnread("refused", f"The address names port {port}; only the usual ones are read.")
    name = host.rstrip(".")
    if host != name or not _HOST.fullmatch(name):
        raise SiteUnread("refused", "The address does not name a public host.")
    return url.with_fragment(None)


class PublicResolver(AbstractResolver):
    """Resolves for connections: what it answers is what is connected to, and every address of it is public.

    It is asked for each connection, and nothing is looked up a second time: a name that changes its mind in between is no
    way in. One address that is not public condemns the name.
    """

    def __init__(self, lookup: Lookup | None = None) -> None:
        self._threads = ThreadPoolExecutor(_DNS_THREADS, thread_name_prefix="website-dns")
        self._lookup = lookup or self._ask_system

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses to connect to. Raises SiteUnread."""
        del family
        try:
            async with asyncio.timeout(_DNS_S):
                addresses = await self._lookup(host, port)
        except TimeoutError as error:
            raise SiteNotReached("away", f"The name {host} is not answered for.") from error
        except (OSError, UnicodeError) as error:
            again = isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN
            status, said = ("away", "cannot be looked up now") if again else ("missing", "does not exist")
            raise SiteNotReached(status, f"The name {host} {said}.") from error
        if not addresses:
            raise SiteNotReached("missing", f"The name {host} has no address.")
        if not all(map(is_public, addresses)):
            raise SiteUnread("refused", f"The name {host} leads to an address that is not public.")
        return [_result(host, address, port) for address in addresses]

    async def close(self) -> None:
        """Let go of the threads; one that still waits for an answer ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _ask_system(self, host: str, port: int) -> list[str]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        )
        return [_with_zone(address) for *_, address in found]


def _with_zone(address: Sequence[object]) -> str:
    """An IPv6 address keeps its zone, so that it is seen to have one."""
    zone = address[3] if len(address) > 3 else 0
    text = str(address[0])
    return f"{text}%{zone}" if zone and "%" not in text else text


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=flags)
