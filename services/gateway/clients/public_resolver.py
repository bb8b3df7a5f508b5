"""Names that workspaces give us lead to the open Internet, and nowhere else."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

from aiohttp.abc import AbstractResolver, ResolveResult

from libs.common.public_addresses import is_public

_DNS_THREADS = 8
_DNS_S = 5.0

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""All addresses of a host; raises OSError as `getaddrinfo` does."""


class NotPublic(Exception):
    """The address leads to where nobody is to be led by a stranger."""


class PublicResolver(AbstractResolver):
    """Resolves for connections: what it answers is what is connected to, and every address of it is public.

    It is asked for each connection, and nothing is looked up a second time: a name that changes its mind in between is no
    way in. One address that is not public condemns the name. `loopback` lets this machine's own addresses through, where
    the sandbox runs.
    """

    def __init__(self, lookup: Lookup | None = None, *, loopback: bool = False) -> None:
        # Of its own: names that nobody answers for must not keep those waiting who check passwords.
        self._threads = ThreadPoolExecutor(_DNS_THREADS, thread_name_prefix="webhook-dns")
        self._lookup = lookup or self._ask_system
        self._loopback = loopback

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses to connect to. Raises NotPublic, OSError."""
        del family
        async with asyncio.timeout(_DNS_S):
            addresses = await self._lookup(host, port)
        if not addresses or not all(map(self._is_allowed, addresses)):
            msg = f"the name {host} leads to an address that is not public"
            raise NotPublic(msg)
        return [_result(host, address, port) for address in addresses]

    async def close(self) -> None:
        """Let go of the threads; one that still waits for an answer ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _is_allowed(self, address: str) -> bool:
        return is_public(address) or (self._loopback and is_loopback(address))

    async def _ask_system(self, host: str, port: int) -> Sequence[str]:
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        )
        return [_with_zone(address) for *_, address in found]


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _with_zone(address: Sequence[object]) -> str:
    """An IPv6 address keeps its zone, so that it is seen to have one."""
    zone, text = (address[3] if len(address) > 3 else 0), str(address[0])
    return f"{text}%{zone}" if zone and "%" not in text else text


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=flags)
