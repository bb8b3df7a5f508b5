"""Where a tenant's mail server may be: anywhere on the open Internet, and nowhere inside our own network."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence

from libs.common.public_addresses import is_public

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""All addresses of a host; raises OSError as `getaddrinfo` does."""


class NotPublic(OSError):
    """The name leads to an address that is not of the open Internet, or to none."""


async def public_socket(host: str, port: int, *, lookup: Lookup | None = None) -> socket.socket:
    """A connection to an address that was looked up and checked; nothing is looked up a second time. Raises OSError.

    One address that is not public condemns the name. Bounded by the caller.
    """
    addresses = await (lookup or system_lookup)(host, port)
    if not addresses or not all(map(is_public, addresses)):
        msg = f"{host} leads to an address that is not public"
        raise NotPublic(msg)
    failed: OSError | None = None
    for address in addresses:
        try:
            return await _connected(address, port)
        except OSError as error:
            failed = error
    assert failed is not None
    raise failed


async def system_lookup(host: str, port: int) -> Sequence[str]:
    """What the machine's resolver says. An IPv6 address keeps its zone, so that it is seen to have one."""
    found = await asyncio.get_running_loop().getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
    )
    return [_zoned(address) for *_, address in found]


async def _connected(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(made, (address, port))
    except BaseException:
        made.close()
        raise
    return made


def _zoned(address: Sequence[object]) -> str:
    zone, text = (address[3] if len(address) > 3 else 0), str(address[0])
    return f"{text}%{zone}" if zone and "%" not in text else text
