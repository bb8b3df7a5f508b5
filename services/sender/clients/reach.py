"""Where a tenant's mail server may be: anywhere on the open Internet, and nowhere inside our own network."""

import asyncio
import socket
from collections.abc import Sequence

from libs.common.public_resolver import Lookup, NotPublic, checked, system_lookup


async def public_socket(host: str, port: int, *, lookup: Lookup | None = None) -> socket.socket:
    """A connection to an address that was looked up and checked; nothing is looked up a second time. Raises OSError.

    Bounded by the caller.
    """
    addresses = await _addresses(host, port, lookup=lookup or system_lookup)
    failed: OSError | None = None
    for address in addresses:
        try:
            return await _connected(address, port)
        except OSError as error:
            failed = error
    assert failed is not None
    raise failed


async def _addresses(host: str, port: int, *, lookup: Lookup) -> Sequence[str]:
    try:
        return checked(host, await lookup(host, port))
    except NotPublic as error:
        raise OSError(str(error)) from error


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
