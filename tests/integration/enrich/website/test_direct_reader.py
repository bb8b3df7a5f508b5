"""Our own reader against real servers that behave badly."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import time
import tracemalloc
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from aiohttp.abc import ResolveResult

from libs.common.clock import utc_now
from services.enrich.domain.sites.website import SiteUnread, Website
from services.enrich.website.direct import DirectReader
from services.enrich.website.fetch import MOST_BYTES, Fetcher
from services.enrich.website.parsers import Parsers
from services.enrich.website.site import read_site
from tests.support.sites import LoopbackResolver, Site, answer, running_site, trusting_the_site
from tests.support.waiting import PATIENCE_S

HOSTS = {"acme.example", "www.acme.example", "other.example"}
DNS = {
    "inside.example": ["10.0.0.5"],
    "mixed.example": ["93.184.216.34", "127.0.0.1"],
    "metadata.example": ["169.254.169.254"],
    "nat64.example": ["64:ff9b::7f00:1"],
}
OIL = "<title>Acme</title><p>Acme makes oil.</p>"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncGenerator[Site]:
    async with running_site(tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
async def parsers() -> AsyncGenerator[Parsers]:
    shared = Parsers()
    yield shared
    await shared.close()


@pytest.fixture
async def reader(site: Site, parsers: Parsers) -> AsyncGenerator[DirectReader]:
    fetcher = _fetcher(site, HOSTS)
    yield DirectReader(fetcher, parsers)
    await fetcher.close()


def _fetcher(site: Site, hosts: set[str]) -> Fetcher:
    resolver = LoopbackResolver(site, hosts, DNS)
    return Fetcher(resolver, contact="https://we.example/robot", tls=trusting_the_site(), page_s=1.5)


async def read(reader: DirectReader, domain: str = "acme.example") -> Website:
    return await read_site(domain, reader.visit(), now=utc_now())


async def text_at(reader: DirectReader, url: str = "http://acme.example/") -> str:
    return (await reader.visit().page(url)).text


async def test_a_site_is_its_home_page_and_at_most_three_more(site: Site, reader: DirectReader) -> None:
    """Red when links of the menu are not followed, robots.txt is asked twice, or cookies and logins are carried along."""
    site.page(
        "acme.example/",
        OIL
        + "<nav><a href='/ueber-uns'>Über uns</a><a href='/produkte'>P</a><a href='/jobs'>J</a><a href='/blog'>B</a></nav>",
        {"Set-Cookie": "a=b"},
    )
    site.page("acme.example/ueber-uns", "<p>Acme was founded in 1950.</p>")
    site.page("acme.example/produkte", "<p>Engine oil.</p>")
    site.page("acme.example/jobs", "<p>We are hiring.</p>")
    read_ = await read(reader)
    assert read_.status == "read"
    assert read_.whole
    assert {page.kind: page.text for page in read_.pages} == {
        "home": "Acme makes oil.",
        "about": "Acme was founded in 1950.",
        "products": "Engine oil.",
        "careers": "We are hiring.",
    }
    assert read_.pages[0].url == "https://acme.example/"
    assert site.asked.count("acme.example/robots.txt") == 1
    assert "acme.example/blog" not in site.asked
    for headers in site.headers:
        assert headers["user-agent"] == "corofy/1.0 (+https://we.example/robot)"
        assert "cookie" not in headers
        assert "authorization" not in headers


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://localhost/",
        "http://inside.example/",
        "http://mixed.example/",
        "http://metadata.example/latest/meta-data/",
        "http://nat64.example/",
        "http://user:word@other.example/",
        "http://other.example:22/",
        "https://other.example:8443/",
        "ftp://other.example/",
        "file:///etc/passwd",
        "//inside.example/",
        "http://①②⑦.⓪.⓪.①/",
    ],
)
async def test_no_redirect_leads_inside(site: Site, reader: DirectReader, target: str) -> None:
    """Red when only the first address is checked."""
    site.sends("acme.example/", target.encode().decode("latin-1"))
    site.page("other.example/", "<p>secret</p>")
    with pytest.raises(SiteUnread):
        await text_at(reader)
    assert {where.partition("/")[0] for where in site.asked} == {"acme.example"}


async def test_a_few_redirects_are_followed_and_each_is_asked_of_its_own_robots(
    site: Site, reader: DirectReader
) -> None:
    """Red when the fourth redirect is followed, or another site's robots.txt does not count."""
    for number in range(4):
        site.sends(f"acme.example/{number}", f"/{number + 1}", status=301)
    site.page("acme.example/4", OIL)
    assert await text_at(reader, "http://acme.example/1") == "Acme makes oil."
    with pytest.raises(SiteUnread, match="more than 3 times"):
        await text_at(reader, "http://acme.example/0")
    site.sends("acme.example/away", "http://other.example/x")
    site.page("other.example/x", OIL)
    site.page("other.example/robots.txt", "User-agent: *\nDisallow: /", {"Content-Type": "text/plain"})
    with pytest.raises(SiteUnread, match=r"robots\.txt of other\.example"):
        await text_at(reader, "http://acme.example/away")


@pytest.mark.parametrize(
    ("robots", "status"),
    [
        (answer(b"User-agent: *\nDisallow: /\n"), "refused"),
        (answer(b"User-agent: corofy\nDisallow: /\nUser-agent: *\nAllow: /\n"), "refused"),
        (answer(b"User-agent: *\nDisallow: /\nUser-agent: Corofy\nAllow: /\n"), "read"),
        (answer(b"User-agent: *\nDisallow: /private\n"), "read"),
        (answer(b"", status=404), "read"),
        (answer(b"", status=403), "read"),
        (answer(b"", status=503), "away"),
        (answer(b"", status=429), "away"),
        (answer(b"<html>Not found</html>"), "read"),
        (answer(b"", status=302, headers={"Location": "http://inside.example/robots.txt"}), "refused"),
    ],
)
async def test_robots_txt_is_honoured(site: Site, reader: DirectReader, robots: bytes, status: str) -> None:
    """Red when a site that says no is read, or one that cannot say now is."""
    site.pages["acme.example/robots.txt"] = robots
    site.page("acme.example/", OIL)
    assert (await read(reader)).status == status
    assert ("acme.example/" in site.asked) == (status == "read")


async def test_only_the_page_that_robots_txt_excludes_is_left_out(site: Site, reader: DirectReader) -> None:
    """Red when the pages beside the home page are not asked of it."""
    site.page("acme.example/robots.txt", "User-agent: *\nDisallow: /about\n")
    site.page("acme.example/", OIL + "<a href='/about'>About</a><a href='/products'>Products</a>")
    site.page("acme.example/about", "<p>Not for robots.</p>")
    site.page("acme.example/products", "<p>Engine oil.</p>")
    assert [page.kind for page in (await read(reader)).pages] == ["home", "products"]
    assert "acme.example/about" not in site.asked


async def test_a_gzip_bomb_and_an_endless_page_are_cut(site: Site, reader: DirectReader) -> None:
    """Red when a body is unpacked in one go, or read to its end."""
    bomb = gzip.compress(OIL.encode() + b"<p>" + b"a" * 40_000_000, 9)
    site.pages["acme.example/"] = answer(bomb, headers={"Content-Encoding": "gzip"})
    tracemalloc.start()
    assert (await text_at(reader)).startswith("Acme makes oil.")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10 * MOST_BYTES

    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n" + OIL.encode())
        with contextlib.suppress(OSError):
            while True:
                writer.write(b"<p>more and more of it</p>" * 10_000)
                await writer.drain()

    site.pages["acme.example/endless"] = endless
    assert (await text_at(reader, "http://acme.example/endless")).startswith("Acme makes oil.")


async def test_of_a_two_megabyte_page_the_first_is_read(site: Site, reader: DirectReader) -> None:
    """Red when a large page counts as none."""
    site.page("acme.example/", OIL + "<p>" + "x " * MOST_BYTES + "</p><p>THE END</p>")
    text = await text_at(reader)
    assert text.startswith("Acme makes oil.")
    assert "THE END" not in text


async def test_a_site_that_drips_or_hangs_is_away_within_the_time_of_a_page(site: Site, reader: DirectReader) -> None:
    """Red when the limit is one between bytes instead of one in all."""

    async def drip(writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n")
            while True:
                writer.write(b"<p>")
                await writer.drain()
                await asyncio.sleep(0.1)

    site.pages["acme.example/"] = drip
    async with asyncio.timeout(PATIENCE_S):
        assert (await read(reader)).status == "away"


@pytest.mark.parametrize(
    ("page", "status"),
    [
        (answer(b"x", status=404), "missing"),
        (answer(b"x", status=403), "refused"),
        (answer(b"x", status=500), "away"),
        (answer(b"%PDF", headers={"Content-Type": "application/pdf"}), "missing"),
        (answer(b"<div id=root></div><script>app()</script>"), "missing"),
        (answer(b"", headers={"Content-Encoding": "br"}), "missing"),
        (answer(b"not gzip at all", headers={"Content-Encoding": "gzip"}), "missing"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort", "away"),
        (b"\x00\x01\x02 what is this\r\n\r\n", "away"),
        (answer(b"", status=302, headers={"Location": "http://[broken/"}), "missing"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5000 + b"\r\nx", "away"),
    ],
)
async def test_a_page_that_is_none_says_why(site: Site, reader: DirectReader, page: bytes, status: str) -> None:
    """Red when a server's oddity raises anything but the reason, or an error page is taken for the company's words."""

    async def once(writer: asyncio.StreamWriter) -> None:
        writer.write(page)
        await writer.drain()

    site.pages["acme.example/"] = once
    website = await read(reader)
    assert website.status == status
    assert website.reason
    assert website.pages == ()


async def test_a_page_that_hangs_the_parser_costs_its_process_and_nothing_else(site: Site, parsers: Parsers) -> None:
    """Red when the parser runs among the rows, or its time has no limit."""
    site.page("acme.example/", OIL + "<div>" * 150_000)
    site.page("other.example/", OIL)
    fetcher = _fetcher(site, HOSTS)
    quick = Parsers(parse_s=0.5)
    began = time.monotonic()
    with pytest.raises(SiteUnread, match="takes more to read") as unread:
        await text_at(DirectReader(fetcher, quick))
    assert time.monotonic() - began < 10
    assert unread.value.status == "refused"
    assert await text_at(DirectReader(fetcher, parsers), "http://other.example/") == "Acme makes oil."
    await quick.close()
    await fetcher.close()


async def test_a_name_that_does_not_exist_is_missing(reader: DirectReader) -> None:
    """Red when a name that is wrong in the sheet is looked up for every row."""
    website = await read(reader, "nowhere.example")
    assert (website.status, website.reason) == ("missing", "The name nowhere.example does not exist.")


async def test_a_site_that_answers_only_elsewhere_is_found_there(site: Site, parsers: Parsers) -> None:
    """Red when a wrong certificate, or a name that only exists with `www.`, ends the search for the site."""
    site.page("other.example/", OIL)
    fetcher = _fetcher(site, {"other.example"})
    website = await read(DirectReader(fetcher, parsers), "other.example")
    assert website.pages[0].url == "http://other.example/"
    await fetcher.close()


async def test_the_name_is_asked_for_and_the_address_is_connected_to(site: Site, reader: DirectReader) -> None:
    """Red when pinning the address loses the host name: virtual hosts and certificates go by it."""
    site.page("acme.example/", OIL)
    assert (await read(reader)).pages[0].url == "https://acme.example/"
    assert {headers["host"] for headers in site.headers} == {"acme.example"}


async def test_a_name_that_changes_its_mind_between_check_and_connect_is_no_way_in(
    site: Site, parsers: Parsers, tmp_path: Path
) -> None:
    """Red when the name is looked up a second time for the connection: then the second answer would be connected to."""
    answers: list[list[ResolveResult]] = []

    class Changing(LoopbackResolver):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
        ) -> list[ResolveResult]:
            answers.append(await super().resolve(host, port, family))
            self.site = inside
            return answers[-1]

    site.page("acme.example/", OIL)
    async with running_site(tmp_path) as inside:
        fetcher = Fetcher(Changing(site, HOSTS), tls=trusting_the_site())
        assert await text_at(DirectReader(fetcher, parsers)) == "Acme makes oil."
        assert inside.asked == []
        assert len(answers) == 1
        await fetcher.close()
