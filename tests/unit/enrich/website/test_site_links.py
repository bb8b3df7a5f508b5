"""Which pages beside the home page are read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.enrich.domain.sites.site_links import MOST_LINKS, Link, choose_links, same_site

HOME = "https://www.acme.example/"


@pytest.mark.parametrize(
    ("kind", "path", "words"),
    [
        ("about", "/about", ""),
        ("about", "/en/about-us/", ""),
        ("about", "/%C3%BCber-uns", ""),
        ("about", "/de/ueber_uns.html", ""),
        ("about", "/qui-sommes-nous", ""),
        ("about", "/chi-siamo", ""),
        ("about", "/quienes-somos", ""),
        ("about", "/over-ons", ""),
        ("about", "/om-oss", ""),
        ("about", "/o-nas", ""),
        ("about", "/p/17", "Über uns"),
        ("about", "/page?id=4", "About us"),
        ("products", "/products", ""),
        ("products", "/unsere/leistungen", ""),
        ("products", "/lösungen", ""),
        ("products", "/prodotti.php", ""),
        ("products", "/services", ""),
        ("careers", "/careers", ""),
        ("careers", "/karriere", ""),
        ("careers", "/lavora-con-noi", ""),
        ("careers", "/x/jobs", ""),
    ],
)
def test_a_page_is_known_by_its_path_or_by_what_its_link_says(kind: str, path: str, words: str) -> None:
    """Red when a language's usual name for the page is not known, or accents and endings get in the way."""
    assert choose_links(HOME, [Link(f"https://acme.example{path}", words)]) == {kind: f"https://acme.example{path}"}


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example/about",
        "https://acme.example.evil.example/about",
        "https://notacme.example/about",
        "http://127.0.0.1/about",
        "mailto:about@acme.example",
        "javascript:about()",
        "ftp://acme.example/about",
        "https://acme.example/about.pdf",
        "https://acme.example/",
        "https://acme.example/#about",
        "https://acme.example/blog/2024/05/12/about/more/of-it",
        "https://acme.example/about-the-weather-in-june-and-why-we-like-it",
        "https://[broken/about",
    ],
)
def test_another_site_and_what_is_no_such_page_is_not_followed(url: str) -> None:
    """Red when a page can name another host to be read, or an article is taken for the page about the company."""
    assert choose_links(HOME, [Link(url, "read this")]) == {}


def test_the_plainest_address_of_a_kind_wins() -> None:
    """Red when an old article about products is read in place of the products."""
    links = [
        Link("https://acme.example/news/products/old-thing"),
        Link("https://acme.example/en/shop/products"),
        Link("https://acme.example/products"),
        Link("https://acme.example/products/#top"),
        Link("https://jobs.acme.example/jobs"),
        Link("https://acme.example/team", "About us"),
    ]
    assert choose_links(HOME, links) == {
        "products": "https://acme.example/products",
        "careers": "https://jobs.acme.example/jobs",
        "about": "https://acme.example/team",
    }


def test_one_address_is_read_once_whatever_it_may_be() -> None:
    """Red when a page that answers to two kinds is read twice."""
    chosen = choose_links(HOME, [Link("https://acme.example/about", "Products and services")])
    assert len(chosen) == 1


@given(st.lists(st.builds(Link, st.text(max_size=60), st.text(max_size=40)), max_size=30))
def test_no_link_breaks_the_choice_or_leads_off_the_site(links: list[Link]) -> None:
    """Red when odd addresses raise, or one of another site is chosen."""
    assert all(same_site(HOME, url) for url in choose_links(HOME, links).values())


def test_a_page_of_links_is_looked_at_up_to_a_limit() -> None:
    """Red when a page with a million links is walked to its end."""
    links = [Link(f"https://acme.example/x{n}") for n in range(MOST_LINKS)]
    assert choose_links(HOME, [*links, Link("https://acme.example/about")]) == {}
