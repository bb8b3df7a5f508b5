"""Names of receivers: asked of a name server on this machine, which answers for some, and keeps silent about others."""

import asyncio
import socket
from collections.abc import AsyncGenerator

import pytest

from libs.common.public_resolver import NotPublic, PublicResolver
from services.gateway.clients import name_servers
from services.gateway.clients.name_servers import NameServers
from tests.support.name_server import Zone, name_server

RECORDS = {
    ("both.example.", "A"): ["93.184.216.34", "93.184.216.35"],
    ("both.example.", "AAAA"): ["2606:4700::1111"],
    ("half.example.", "A"): ["93.184.216.34"],
    ("inside.example.", "A"): ["10.0.0.1"],
    ("empty.example.", "MX"): ["10 both.example."],
}
ZONE = Zone(
    RECORDS,
    known=frozenset(name for name, _ in RECORDS),
    broken=frozenset({"broken.example."}),
    is_silent=lambda name, kind: "silent" in name or (name, kind) == ("half.example.", "AAAA"),
)


@pytest.fixture
async def resolver(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[PublicResolver]:
    monkeypatch.setattr(name_servers, "BOUND_S", 1.0)
    async with name_server(ZONE) as here:
        resolver = PublicResolver(NameServers(here).lookup)
        yield resolver
        await resolver.close()


async def addresses(resolver: PublicResolver, host: str) -> set[str]:
    return {one["host"] for one in await resolver.resolve(host, 443)}


async def test_a_name_leads_to_all_its_addresses(resolver: PublicResolver) -> None:
    """Red when a kind of address is lost, or a name server that is silent about one kind costs the other."""
    assert await addresses(resolver, "both.example") == {"93.184.216.34", "93.184.216.35", "2606:4700::1111"}
    assert await addresses(resolver, "half.example") == {"93.184.216.34"}


@pytest.mark.parametrize(
    ("host", "number"),
    [
        ("nowhere.example", socket.EAI_NONAME),
        ("empty.example", socket.EAI_NONAME),
        ("broken.example", socket.EAI_AGAIN),
        ("silent.example", socket.EAI_AGAIN),
        (f"{'x' * 64}.example", socket.EAI_AGAIN),
    ],
)
async def test_a_name_that_leads_nowhere_is_an_error_of_the_system(
    resolver: PublicResolver, host: str, number: int
) -> None:
    """Red when a name that is not there, or that nobody answers for, is told as anything that a delivery does not expect."""
    with pytest.raises(socket.gaierror) as refused:
        await resolver.resolve(host, 443)
    assert refused.value.errno == number


async def test_a_name_that_leads_inside_is_refused(resolver: PublicResolver) -> None:
    """Red when what the name servers say is not checked; this machine is inside as well."""
    for host in ("inside.example", "localhost"):
        with pytest.raises(NotPublic):
            await resolver.resolve(host, 443)


async def test_names_that_nobody_answers_for_hold_up_no_other(resolver: PublicResolver) -> None:
    """Red when a look-up takes a thread, of which there are few: strangers' silent name servers would stop all webhooks."""
    silent = [asyncio.create_task(resolver.resolve(f"a{number}.silent.example", 443)) for number in range(100)]
    await asyncio.sleep(0)
    assert await addresses(resolver, "both.example")
    assert not any(task.done() for task in silent)
    ended = await asyncio.gather(*silent, return_exceptions=True)
    assert {type(one) for one in ended} == {socket.gaierror}
