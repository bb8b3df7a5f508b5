"""Looks up receivers' names by asking the name servers without a thread: one that is not answered for holds up no other.

The machine's own look-up (`getaddrinfo`) takes a thread until it gives up, which strangers' name servers would decide on. What
only `/etc/hosts` knows is not found: receivers are on the open Internet.
"""

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import Any

import dns.asyncresolver
import dns.exception
import dns.resolver

BOUND_S = 4.0
_THIS_MACHINE = "localhost"
_Resolver = dns.asyncresolver.Resolver


class NameServers:
    """A `Lookup` of `libs.common.public_resolver`: by the name servers of the machine, or by those of `resolver`."""

    def __init__(self, resolver: Callable[[], _Resolver] = _Resolver) -> None:
        self._resolver = resolver

    async def lookup(self, host: str, _port: int) -> Sequence[str]:
        """All addresses of a host within BOUND_S, of either kind. Raises OSError as `getaddrinfo` does."""
        if host == _THIS_MACHINE:
            return ["127.0.0.1", "::1"]
        try:
            # Made anew, as `/etc/resolv.conf` may have changed.
            resolver = self._resolver()
        except dns.resolver.NoResolverConfiguration as error:
            raise _not_answered(host) from error
        answers = await asyncio.gather(_ask(resolver, host, "A"), _ask(resolver, host, "AAAA"), return_exceptions=True)
        found = [address for answer in answers if isinstance(answer, list) for address in answer]
        if not found:
            raise next((one for one in answers if isinstance(one, OSError)), None) or _unknown(host)
        return found


async def _ask(resolver: _Resolver, host: str, kind: str) -> list[str]:
    """Of one kind. Raises OSError where nobody answers."""
    try:
        # The final dot: no domain of our own network is tried behind it.
        answer: Any = await resolver.resolve(f"{host}.", kind, lifetime=BOUND_S, raise_on_no_answer=False)
    except dns.resolver.NXDOMAIN:
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise _not_answered(host) from error
    return [record.address for record in answer.rrset or ()]


def _unknown(host: str) -> OSError:
    return socket.gaierror(socket.EAI_NONAME, f"there is no name {host}")


def _not_answered(host: str) -> OSError:
    return socket.gaierror(socket.EAI_AGAIN, f"nobody answers for the name {host}")
