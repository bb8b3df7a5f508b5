"""Whether a domain takes mail, asked of a name server on this machine: what it says, and when it says nothing."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from services.sender.clients import dns as module
from services.sender.clients.dns import Dns
from services.sender.domain.mail_domains import Finding
from tests.support.name_server import Zone, name_server

_RECORDS = {
    ("mail.co.", "MX"): ["20 b.mail.co.", "10 a.mail.co."],
    ("null.co.", "MX"): ["0 ."],
    ("bare.co.", "A"): ["192.0.2.1"],
    ("six.co.", "AAAA"): ["2001:db8::1"],
}
_ZONE = Zone(
    _RECORDS,
    known=frozenset({*(name for name, _ in _RECORDS), "empty.co."}),
    broken=frozenset({"broken.co."}),
    is_silent=lambda name, _: name == "silent.co.",
)


@pytest.fixture
async def lookup() -> AsyncGenerator[Dns]:
    async with name_server(_ZONE) as resolver:
        yield Dns(resolver())


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
