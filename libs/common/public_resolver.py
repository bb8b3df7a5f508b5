"""Names that strangers give us lead to the open Internet, and nowhere else: what is answered is what is connected to."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor

from aiohttp.abc import AbstractResolver, ResolveResult

from libs.common.public_addresses import is_loopback, is_public

_DNS_THREADS = 8
_DNS_S = 5.0

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""All addresses of a host; raises OSError as `getaddrinfo` does."""


class NotPublic(Exception):
    """The name leads to where nobody is to be led by a stranger. No OSError, which aiohttp would take for a DNS failure."""


class PublicResolver(AbstractResolver):
    """Resolves for connections: it is asked for each, and nothing is looked up a second time, so that a name that changes its
    mind in between is no way in. `loopback` lets this machine's own addresses through, where the sandbox runs.
    """

    def __init__(self, lookup: Lookup | None = None, *, loopback: bool = False) -> None:
        # Of its own: names that nobody answers for must not keep those waiting who check passwords.
        self._threads = ThreadPoolExecutor(_DNS_THREADS, thread_name_prefix="public-dns")
        self._lookup = lookup or self._ask_system
        self._loopback = loopback

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses to connect to. Raises NotPublic, OSError, UnicodeError."""
        del family
        async with asyncio.timeout(_DNS_S):
            addresses = await self._lookup(host, port)
        return [_result(host, address, port) for address in checked(host, addresses, loopback=self._loopback)]

    async def close(self) -> None:
        """Let go of the threads; one that still waits for an answer ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _ask_system(self, host: str, port: int) -> Sequence[str]:
        return await system_lookup(host, port, threads=self._threads)


def checked(host: str, addresses: Sequence[str], *, loopback: bool = False) -> Sequence[str]:
    """The addresses that a name was found to have, if all may be connected to: one that is not public condemns the name.

    Raises NotPublic; OSError as `getaddrinfo` does where there are none."""
    if not addresses:
        raise socket.gaierror(socket.EAI_NONAME, f"the name {host} has no address")
    if not all(is_public(address) or (loopback and is_loopback(address)) for address in addresses):
        msg = f"the name {host} leads to an address that is not public"
        raise NotPublic(msg)
    return addresses


async def system_lookup(host: str, port: int, *, threads: Executor | None = None) -> Sequence[str]:
    """What the machine's resolver says, whenever it does. An IPv6 address keeps its zone, so that it is seen to have one."""
    found = await asyncio.get_running_loop().run_in_executor(
        threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    )
    return [_with_zone(address) for *_, address in found]


def _with_zone(address: Sequence[object]) -> str:
    zone, text = (address[3] if len(address) > 3 else 0), str(address[0])
    return f"{text}%{zone}" if zone and "%" not in text else text


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=flags)
