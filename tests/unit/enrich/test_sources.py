"""Namesakes are turned away before any model sees them."""

from __future__ import annotations

from datetime import date

import pytest

from services.enrich.domain.lead import Lead, read_lead
from services.enrich.domain.sources import Result, choose_sources, contradiction

TODAY = date(2026, 11, 27)
MAPPING = {"company": "company", "website": "website", "full_name": "name", "city": "city"}


def lead(**cells: str) -> Lead:
    given = {"company": "Nordlys Marine", "website": "nordlysmarine.example", "name": "Ingrid Solheim"} | cells
    return read_lead(1, given, MAPPING)


def result(url: str, title: str, text: str) -> Result:
    return Result("search", url, title, text)


def test_the_own_site_always_belongs() -> None:
    assert contradiction(lead(), result("https://shop.nordlysmarine.example/x", "Shop", "Rope and paint.")) is None


def test_a_paper_that_names_the_company_belongs() -> None:
    assert contradiction(lead(), result("https://paper.example/1", "News", "Nordlys Marine AS opened a yard.")) is None


@pytest.mark.parametrize(
    ("url", "text", "why"),
    [
        ("https://a.example/", "Nordlys Bakery opened a shop.", "does not name Nordlys Marine"),
        ("https://a.example/", "Ingrid Solheim sings in Bergen.", "namesake: Ingrid Solheim elsewhere"),
        ("https://a.example/", "Nordlys Marine Services hires divers.", "only begins with Nordlys Marine"),
        ("https://nordlys-marine.example/", "Nordlys Marine sells boats.", None),
        ("https://nordlysmarine.example.com/", "About us.", None),
    ],
)
def test_what_is_about_somebody_else_is_turned_away_with_the_reason(url: str, text: str, why: str | None) -> None:
    said = contradiction(lead(), result(url, "A page", text))
    if why is None:
        assert said is None
    else:
        assert said is not None
        assert why in said


def test_the_site_of_another_company_of_that_name_is_turned_away() -> None:
    row = lead(website="nordlys-as.example")
    said = contradiction(row, result("https://nordlysmarine.example/", "Nordlys Marine", "Nordlys Marine sells boats."))
    assert said == "stands on the site of another Nordlys Marine: nordlysmarine.example, not nordlys-as.example"


def test_without_a_site_the_place_tells_namesakes_apart() -> None:
    row = lead(website="", city="Bodø")
    here = result("https://one.example/", "Nordlys Marine", "Nordlys Marine is based in Bodø.")
    there = result("https://two.example/", "Nordlys Marine", "Nordlys Marine is based in Seattle.")
    chosen = choose_sources(row, [there, here], today=TODAY)
    assert [one.url for one in chosen.sources] == ["https://one.example/"]
    assert chosen.rejected == [("https://two.example/", "is a company of that name that is not in Bodø")]


def test_an_address_found_twice_is_one_source_and_the_website_comes_first() -> None:
    news = Result("news", "https://paper.example/1", "Nordlys Marine wins", "Nordlys Marine won.")
    twice = Result("search", "https://www.paper.example/1/", "Nordlys Marine wins", "Nordlys Marine won.")
    site = Result("website", "https://nordlysmarine.example/", "Home", "We build boats.")
    chosen = choose_sources(lead(), [news, twice, site], today=TODAY)
    assert [(one.id, one.kind) for one in chosen.sources] == [("s1", "website"), ("s2", "news")]
