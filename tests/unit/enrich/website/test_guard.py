"""Which addresses our own reader may go to."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.public_addresses import is_public
from services.enrich.domain.sites.website import SiteUnread
from services.enrich.website.guard import PublicResolver, checked_url

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
REFUSED = (
    *("http://127.0.0.1/", "http://8.8.8.8/", "http://2130706433/", "http://0x7f.0.0.1/", "http://0177.0.0.1/"),
    *("http://127.1/", "http://1.1.1.1./", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[fe80::1%25eth0]/"),
    *(
        "http://[2606:4700::1111]/",
        "http://①②⑦.⓪.⓪.①/",
        "http://exa%6dple.com/",
        "http://localhost/",
        "http://intranet/",
    ),
    *("http://a.example./", "http://a_b.example/", "http://a.123/", "http://a.0x1/", "http:///x", "http://-a.example/"),
    *("https://me@a.example/", "https://me:word@a.example/", "https://a.example:8443/", "http://a.example:443/"),
    *(
        "https://a.example:80/",
        "https://a.example:0/",
        "http://a.example:99999/",
        "ftp://a.example/",
        "file:///etc/passwd",
    ),
    *("gopher://a.example/", "javascript:alert(1)", "data:text/html,x", "//a.example/", "a.example", "", "unix:/run/x"),
    *("http://a.example\\@b.example/", f"http://a.example/{'x' * 3000}"),
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


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_may_mean_something_else_is_refused(address: str) -> None:
    """Red when a login, a port, another protocol, or a host that is a number in disguise passes."""
    with pytest.raises(SiteUnread) as unread:
        checked_url(address)
    assert unread.value.status == "refused"
    assert unread.value.reason


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("https://a.example/x?y=1#part", "https://a.example/x?y=1"),
        ("https://A.Example:443/", "https://a.example/"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://a。example/", "http://a.example/"),
    ],
)
def test_a_plain_address_is_asked_in_its_plain_form(address: str, asked: str) -> None:
    """Red when a name in other letters is refused, or looked at before it is decoded."""
    assert str(checked_url(address)) == asked


async def test_all_addresses_of_a_name_are_answered_for_the_connection() -> None:
    """Red when only the first is looked at or given on."""
    resolver = PublicResolver(_dns("93.184.216.34", "2606:4700::1111"))
    found = await resolver.resolve("a.example", 443)
    assert [(one["host"], one["port"], one["family"]) for one in found] == [
        ("93.184.216.34", 443, socket.AF_INET),
        ("2606:4700::1111", 443, socket.AF_INET6),
    ]
    await resolver.close()


@pytest.mark.parametrize("private", ["127.0.0.1", "10.0.0.1", "::1", "fe80::1%2", "64:ff9b::a00:1"])
async def test_one_address_that_is_not_public_condemns_the_name(private: str) -> None:
    """Red when the public ones among the answers are enough: the next try could take the other."""
    resolver = PublicResolver(_dns("93.184.216.34", private, "2606:4700::1111"))
    with pytest.raises(SiteUnread, match="not public"):
        await resolver.resolve("a.example", 443)
    await resolver.close()


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (socket.gaierror(socket.EAI_NONAME, "unknown"), "missing"),
        (socket.gaierror(socket.EAI_AGAIN, "later"), "away"),
        (UnicodeError("label too long"), "missing"),
        (None, "missing"),
    ],
)
async def test_a_name_without_an_answer_is_missing_or_away(error: Exception | None, status: str) -> None:
    """Red when a resolver that is down makes a site count as not existing for a day."""

    async def lookup(_host: str, _port: int) -> list[str]:
        if error is not None:
            raise error
        return []

    resolver = PublicResolver(lookup)
    with pytest.raises(SiteUnread) as unread:
        await resolver.resolve("a.example", 443)
    assert unread.value.status == status
    await resolver.close()


async def test_the_systems_resolver_is_asked_and_its_numbers_are_seen_through() -> None:
    """Red when a number that the system takes for an address comes back unchecked."""
    resolver = PublicResolver()
    for host in ("localhost", "2130706433", "127.0.0.1", "0x7f.1"):
        with pytest.raises(SiteUnread):
            await resolver.resolve(host, 80)
    await resolver.close()


def _dns(*addresses: str):
    async def lookup(_host: str, _port: int) -> list[str]:
        return list(addresses)

    return lookup
