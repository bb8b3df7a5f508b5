"""A name server on this machine, which answers by a table and is silent about some."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

import dns.asyncresolver
import dns.flags
import dns.message
import dns.rcode
import dns.rrset


@dataclass(frozen=True)
class Zone:
    """`records` by name and kind; of other names in `known` there is nothing of that kind, and all others do not exist.
    SERVFAIL of those in `broken`; nothing at all where `is_silent(name, kind)`."""

    records: Mapping[tuple[str, str], Sequence[str]]
    known: frozenset[str]
    broken: frozenset[str]
    is_silent: Callable[[str, str], bool]


class _NameServer(asyncio.DatagramProtocol):
    def __init__(self, zone: Zone) -> None:
        self._zone = zone

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        name, kind = query.question[0].name.to_text(), query.question[0].rdtype.name
        if self._zone.is_silent(name, kind):
            return
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if name in self._zone.broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif name not in self._zone.known:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif found := self._zone.records.get((name, kind)):
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *found))
        self._transport.sendto(answer.to_wire(), addr)


@asynccontextmanager
async def name_server(zone: Zone) -> AsyncGenerator[Callable[[], dns.asyncresolver.Resolver]]:
    """Makes resolvers that ask it."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _NameServer(zone), local_addr=("127.0.0.1", 0))

    def resolver() -> dns.asyncresolver.Resolver:
        made = dns.asyncresolver.Resolver(configure=False)
        made.nameservers, made.port = ["127.0.0.1"], transport.get_extra_info("sockname")[1]
        return made

    yield resolver
    transport.close()
