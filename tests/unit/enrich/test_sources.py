"""Namesakes are turned away before any model sees them."""

from __future__ import annotations

from datetime import date

import pytest

from services.enrich.domain.lead import Lead, read_lead
from services.enrich.domain.namesakes import contradiction, person_contradiction
from services.enrich.domain.sources import Result, Source, choose_person_sources, choose_sources
from services.enrich.domain.web_addresses import page_of

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


def person_result(title: str, text: str, url: str = "https://workfolk.example/in/ingrid-solheim") -> Result:
    return Result("search", url, title, text)


@pytest.mark.parametrize(
    ("title", "text", "why"),
    [
        ("Ingrid Solheim - Buyer - Nordlys Marine | Workfolk", "Buyer at Nordlys Marine.", None),
        ("Ingrid Solheim – Buyer at Nordlys Marine | LinkedIn", "Experience: Nordlys Marine.", None),
        ("Ingrid Solheim | LinkedIn", "Ingrid Solheim works at Nordlys Marine.", None),
        ("Team", "Ingrid Maria Solheim buys rope. Nordlys Marine.", "does not name Ingrid Solheim"),
        (
            "Ingrid Solheim - Buyer - Fjord Oils | LinkedIn",
            "Formerly a supplier of Nordlys Marine.",
            "is about a namesake: Ingrid Solheim at Fjord Oils, not at Nordlys Marine",
        ),
        (
            "Ingrid Solheim - Buyer - Nordlys Marine Services | LinkedIn",
            "Knows people at Nordlys Marine.",
            "is about a namesake: Ingrid Solheim at Nordlys Marine Services, not at Nordlys Marine",
        ),
        (
            "Ingrid Solheim | LinkedIn",
            "Ingrid Solheim sings. Based in Seattle. Follows Nordlys Marine.",
            "is about a namesake: Ingrid Solheim in Seattle, who is no Head of Sales",
        ),
        ("Ingrid Solheim | LinkedIn", "Head of Sales, based in Seattle, of Nordlys Marine.", None),
        ("Ingrid Solheim | LinkedIn", "Based in Bodø, with Nordlys Marine.", None),
    ],
)
def test_a_namesake_of_the_person_is_told_by_employer_title_and_place(title: str, text: str, why: str | None) -> None:
    """Red when somebody of the same name, who mentions the company, gets into the person's research."""
    row = read_lead(
        1,
        {"company": "Nordlys Marine", "name": "Ingrid Solheim", "city": "Bodø", "title": "Head of Sales"},
        MAPPING | {"title": "title"},
    )
    assert person_contradiction(row, person_result(title, text)) == why


def test_the_persons_sources_are_what_names_the_person_there_and_on_the_companys_pages() -> None:
    """Red when a page that names the person is not given on, or what names only the company is."""
    profile = person_result("Ingrid Solheim - Buyer - Nordlys Marine", "Ingrid Solheim buys for Nordlys Marine.")
    namesake = person_result(
        "Ingrid Solheim - Singer - Opera Bergen", "Nordlys Marine paid.", "https://net.example/in/is-2"
    )
    other = Result("search", "https://paper.example/2", "Nordlys Marine wins", "Nordlys Marine won.")
    filler = "Nordlys Marine builds boats.\n" * 100
    page = Source(
        "s1", "website", "https://nordlysmarine.example/team", "Team", f"{filler}Ingrid Solheim buys rope.\n{filler}"
    )
    silent = Source("s2", "website", "https://nordlysmarine.example/", "Home", "We build boats.")
    chosen = choose_person_sources(lead(), [profile, namesake, other], [page, silent], today=TODAY)
    assert [one.url for one in chosen.sources] == [page.url, profile.url]
    assert "Ingrid Solheim buys rope." in chosen.sources[0].text
    assert len(chosen.sources[0].text) <= 1200
    assert chosen.rejected == [
        (namesake.url, "is about a namesake: Ingrid Solheim at Opera Bergen, not at Nordlys Marine")
    ]


def test_profiles_of_people_are_none_of_the_companys_sources() -> None:
    """Red when what all rows of a company share is somebody's profile."""
    chosen = choose_sources(
        lead(), [person_result("Ingrid Solheim - Nordlys Marine", "At Nordlys Marine.")], today=TODAY
    )
    assert (chosen.sources, chosen.rejected) == ([], [])


@pytest.mark.parametrize(
    ("day", "kept"),
    [("Sep 14, 2026", True), ("3 weeks ago", True), ("Nov 20, 2025", False), ("2 years ago", False), ("2024-01-31", False),
     ("14 September 2024", False), ("", True), ("someday", True)],
)  # fmt: skip
def test_news_older_than_twelve_months_is_turned_away_when_its_day_is_known(day: str, kept: bool) -> None:
    news = Result("news", "https://paper.example/1", "Nordlys Marine wins", "Nordlys Marine won.", day)
    chosen = choose_sources(lead(), [news], today=TODAY)
    assert bool(chosen.sources) is kept
    assert bool(chosen.rejected) is not kept


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://www.paper.example/1/?utm_source=a&id=3#top", "http://paper.example/1?id=3&gclid=9", True),
        ("https://paper.example/1?id=3", "https://paper.example/1?id=4", False),
        ("https://paper.example/1", "https://paper.example/2", False),
    ],
)
def test_tracking_parameters_make_no_other_page(one: str, other: str, same: bool) -> None:
    assert (page_of(one) == page_of(other)) is same


def test_of_two_pages_that_say_the_same_one_is_kept() -> None:
    """Red when a press release that ten papers print counts as ten sources."""
    copies = [Result("news", f"https://paper{n}.example/", "T", "Nordlys Marine  opened a yard.") for n in range(3)]
    assert len(choose_sources(lead(), copies, today=TODAY).sources) == 1


def test_what_speaks_of_this_company_and_is_recent_comes_first() -> None:
    old = Result("search", "https://a.example/1", "Boats", "Nordlys Marine is one of many.")
    named = Result(
        "search", "https://b.example/1", "Nordlys Marine opens a yard", "Nordlys Marine of Bodø.", "2 weeks ago"
    )
    assert [one.url for one in choose_sources(lead(city="Bodø"), [old, named], today=TODAY).sources] == [
        named.url,
        old.url,
    ]


def test_a_host_that_only_ends_like_the_companys_is_not_its_own() -> None:
    """Red when hosts are compared by their letters: `about-nordlysmarine.example` is somebody else's."""
    found = [
        result(f"https://{host}/", "Yard", f"Nordlys Marine has built {boats} boats.")
        for host, boats in (("about-nordlysmarine.example", "two"), ("shop.nordlysmarine.example", "three"))
    ]
    chosen = choose_sources(lead(), found, today=TODAY)
    assert [one.url for one in chosen.sources] == [
        "https://shop.nordlysmarine.example/",
        "https://about-nordlysmarine.example/",
    ]


def test_rows_of_one_company_have_one_key_and_its_lead_has_no_person() -> None:
    """Red when spelling, a person or an address makes two companies of one, or a person gets into what is shared."""
    ingrid, henrik = (
        lead(),
        lead(company="NORDLYS MARINE AS", name="Henrik Dahl", website="www.nordlysmarine.example/en"),
    )
    assert ingrid.company_key == henrik.company_key
    assert lead(website="").company_key == lead(website="", company="Nordlys Marine AS").company_key
    assert lead(website="").company_key != lead(website="", city="Bodø").company_key
    shared = ingrid.of_company()
    assert (shared.person, shared.first_name, shared.cells) == ("", "", {})
    assert "Ingrid" not in str(shared.for_model())
