"""Whether a domain takes mail, asked of a name server on this machine: what it says, and when it says nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import cast

import dns.asyncresolver
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from services.sender.clients import dns as module
from services.sender.clients.dns import Dns
from services.sender.domain.mail_domains import Finding

_RECORDS = {
    ("mail.co.", "MX"): ["20 b.mail.co.", "10 a.mail.co."],
    ("null.co.", "MX"): ["0 ."],
    ("bare.co.", "A"): ["192.0.2.1"],
    ("six.co.", "AAAA"): ["2001:db8::1"],
}
_KNOWN = {*(name for name, _ in _RECORDS), "empty.co."}


class NameServer(asyncio.DatagramProtocol):
    """Answers by the table; says SERVFAIL of broken.co, and nothing of silent.co."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name, kind = question.name.to_text(), question.rdtype.name
        if name == "silent.co.":
            return
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if name == "broken.co.":
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif name not in _KNOWN:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif found := _RECORDS.get((name, kind)):
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *found))
        self.transport.sendto(answer.to_wire(), addr)


@pytest.fixture
async def lookup() -> AsyncGenerator[Dns]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(NameServer, local_addr=("127.0.0.1", 0))
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = transport.get_extra_info("sockname")[1]
    yield Dns(resolver)
    transport.close()


@pytest.mark.parametrize(
    ("domain", "finding"),
    [
        ("mail.co", "takes_mail"),
        ("bare.co", "takes_mail"),
        ("six.co", "takes_mail"),
        ("null.co", "no_mx"),
        ("empty.co", "no_mx"),
        ("nowhere.co", "no_mx"),
        ("broken.co", "unknown"),
        ("silent.co", "unknown"),
        (f"{'x' * 64}.co", "unknown"),
    ],
)
async def test_a_domain_takes_mail_unless_dns_says_no(
    lookup: Dns, monkeypatch: pytest.MonkeyPatch, domain: str, finding: Finding
) -> None:
    """Red when a server that is silent or broken costs leads, or the null MX is taken for a host."""
    monkeypatch.setattr(module, "BOUND_S", 0.3 if domain == "silent.co" else 4.0)
    assert await lookup.find(domain) == finding
