"""Which addresses our own reader may go to."""

from __future__ import annotations

import socket

import pytest

from services.enrich.domain.sites.website import SiteUnread
from services.enrich.website.guard import SiteResolver, checked_url

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

    resolver = SiteResolver(lookup)
    with pytest.raises(SiteUnread) as unread:
        await resolver.resolve("a.example", 443)
    assert unread.value.status == status
    await resolver.close()


async def test_a_name_that_leads_inside_is_refused() -> None:
    """Red when a site can lead our reader into our own network, or counts as one that is away."""
    resolver = SiteResolver(_dns("93.184.216.34", "10.0.0.1"))
    with pytest.raises(SiteUnread, match="not public") as unread:
        await resolver.resolve("a.example", 443)
    assert unread.value.status == "refused"
    await resolver.close()


def _dns(*addresses: str):
    async def lookup(_host: str, _port: int) -> list[str]:
        return list(addresses)

    return lookup
