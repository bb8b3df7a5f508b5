"""Which addresses are of the open Internet, and names that lead there and nowhere else."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.public_addresses import is_loopback, is_public
from libs.common.public_resolver import NotPublic, PublicResolver

NOT_PUBLIC = """
    127.0.0.1 127.8.9.1 0.0.0.0 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 100.100.100.200
    192.0.0.9 192.0.0.192 192.0.2.1 192.88.99.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.250 240.0.0.1
    255.255.255.255 168.63.129.16 :: ::1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 64:ff9b::808:808
    64:ff9b:1::1 100::1 2001::1 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:808:808::1 3fff::1 5f00::1
    fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 2606:4700::1111%1 2130706433 0x7f000001 0177.0.0.1 127.1
    8.8.8 8.8.8.8.8 localhost
"""
PUBLIC = (
    "8.8.8.8",
    "1.1.1.1",
    "93.184.216.34",
    "172.32.0.1",
    "2606:4700::1111",
    "2a00:1450:4001::1",
    "2001:4860:4860::8888",
)


@pytest.mark.parametrize("address", [*NOT_PUBLIC.split(), "", "8.8.8.8 "])
def test_an_address_that_is_not_one_of_the_open_internet_is_not_connected_to(address: str) -> None:
    """Red when a block is left out, or `is_global` alone decides: it says yes to tunnels and translators."""
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_public(address: str) -> None:
    """Red when a block is drawn too wide."""
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_no_mapped_or_embedded_form_of_an_ipv4_address_is_public(address: object) -> None:
    """Red when an IPv6 form that leads to IPv4 is taken as an address of its own."""
    digits = int(address)  # pyright: ignore[reportArgumentType] - an IPv4Address
    high, low = digits >> 16, digits & 0xFFFF
    for form in (f"::ffff:{address}", f"::{address}", f"64:ff9b::{high:x}:{low:x}", f"2002:{high:x}:{low:x}::1"):
        assert not is_public(form)


async def test_all_addresses_of_a_name_are_answered_for_the_connection() -> None:
    """Red when only the first is looked at or given on."""
    resolver = PublicResolver(dns("93.184.216.34", "2606:4700::1111"))
    found = await resolver.resolve("a.example", 443)
    assert [(one["host"], one["port"], one["family"]) for one in found] == [
        ("93.184.216.34", 443, socket.AF_INET),
        ("2606:4700::1111", 443, socket.AF_INET6),
    ]
    await resolver.close()


@pytest.mark.parametrize("private", ["127.0.0.1", "10.0.0.1", "::1", "fe80::1%2", "64:ff9b::a00:1"])
async def test_one_address_that_is_not_public_condemns_the_name(private: str) -> None:
    """Red when the public ones among the answers are enough: the next try could take the other."""
    resolver = PublicResolver(dns("93.184.216.34", private, "2606:4700::1111"))
    with pytest.raises(NotPublic, match="not public"):
        await resolver.resolve("a.example", 443)
    await resolver.close()


async def test_this_machines_own_addresses_are_connected_to_beside_the_sandbox_alone() -> None:
    """Red when the sandbox opens more than this machine, or is open where there is none."""
    with pytest.raises(NotPublic):
        await PublicResolver(dns("127.0.0.1")).resolve("a.example", 443)
    beside = PublicResolver(dns("127.0.0.1", "::1"), loopback=True)
    assert [one["host"] for one in await beside.resolve("localhost", 80)] == ["127.0.0.1", "::1"]
    with pytest.raises(NotPublic):
        await PublicResolver(dns("127.0.0.1", "10.0.0.1"), loopback=True).resolve("a.example", 443)
    assert not is_loopback("localhost"), "a name is none"


async def test_a_name_without_addresses_is_one_that_cannot_be_looked_up() -> None:
    """Red when nothing is taken for public: all of no addresses are."""
    with pytest.raises(socket.gaierror):
        await PublicResolver(dns()).resolve("a.example", 443)


async def test_the_systems_resolver_is_asked_and_its_numbers_are_seen_through() -> None:
    """Red when a number that the system takes for an address comes back unchecked."""
    resolver = PublicResolver()
    for host in ("localhost", "2130706433", "127.0.0.1", "0x7f.1"):
        with pytest.raises(NotPublic):
            await resolver.resolve(host, 80)
    await resolver.close()


def dns(*addresses: str):
    async def lookup(_host: str, _port: int) -> list[str]:
        return list(addresses)

    return lookup
