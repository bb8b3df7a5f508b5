"""The invented world: big enough, consistent, and derived from the question for whatever is not in it."""

from __future__ import annotations

from collections import Counter

import pytest

from deploy.sandbox.world import search
from deploy.sandbox.world.questions import read_question
from deploy.sandbox.world.world import SiteDownError, UnknownHostError, World


def _shown(world: World, query: str) -> str:
    return "\n".join(f"{hit.title} {hit.snippet}" for hit in search.web(world, world.find(query)))


def test_the_world_is_as_large_as_promised() -> None:
    companies = World().companies.values()
    names = Counter(person.name for company in companies for person in company.people)
    assert len(companies) >= 60
    assert sum(company.industry == "lubricants" for company in companies) >= 5
    assert all(2 <= len(company.people) <= 4 and 3 <= len(company.news) <= 6 for company in companies)
    assert all(company.domain.endswith(".example") for company in companies)
    assert sum(count > 1 for count in names.values()) >= 5, "there are namesakes"


def test_a_written_company_is_found_by_name_and_by_site() -> None:
    world = World()
    for query in ('"Halden Lubricants" news', "halden lubricants fredrikstad", "site:haldenlube.example"):
        found = world.find(query).company
        assert found is not None
        assert found.domain == "haldenlube.example"


def test_the_longer_of_two_similar_names_wins_and_the_other_comes_last() -> None:
    world = World()
    found = world.find('"Nordlys Marine Services" "Henrik Dahl"')
    assert found.company is not None
    assert found.company.domain == "nordlys-services.example"
    assert found.person is not None
    assert found.person.role == "Sales Manager"
    assert [company.domain for company, _ in found.namesakes] == ["nordlysmarine.example"]
    assert [company.domain for company in found.alike] == ["nordlysmarine.example"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"3M" "Industrial Conglomerates"', '"3M" "Building Products"'),
        ('"3M" "Saint Paul, Minnesota"', '"3M" "Milwaukee, Wisconsin"'),
        ('"3M" "Jane Doe"', '"3M" "John Roe"'),
        ('"3M" news', '"3N" news'),
        ("3M, Industrial Conglomerates, 1902", "3M, Industrial Conglomerates, 1916"),
    ],
)
def test_changing_a_cell_changes_what_is_found(before: str, after: str) -> None:
    world = World()
    assert _shown(world, before) != _shown(world, after)
    assert _shown(world, before) == _shown(World(), before), "and the same question has the same answer"


def test_what_was_asked_stands_in_the_derived_answer() -> None:
    shown = _shown(World(), '"A. O. Smith" "Jane Doe" "Head of Purchasing" "Building Products" "Milwaukee, Wisconsin"')
    for phrase in ("A. O. Smith", "Jane Doe", "Head of Purchasing", "Building Products", "Milwaukee, Wisconsin"):
        assert phrase in shown


def test_every_link_of_a_written_company_leads_to_a_page_that_says_the_same() -> None:
    world = World()
    for hit in search.web(world, world.find('"Olio Brenta" "Giulia Ferraro"')):
        page = world.page(hit.link)
        assert page.status == 200
        assert hit.snippet.split(". ")[0].rstrip(".") in page.text


def test_a_derived_site_has_pages_and_its_detailed_link_keeps_the_words_of_the_question() -> None:
    world = World()
    assert "3M" in world.page("https://www.3m.com").text
    about = next(
        hit for hit in search.web(world, world.find('"3M" "Industrial Conglomerates"')) if "/about" in hit.link
    )
    assert "Industrial Conglomerates" in world.page(about.link).text


def test_a_changed_sentence_of_a_page_changes_the_page_and_the_search() -> None:
    world = World()
    world.find('"Halden Lubricants"')
    assert "harpoons" not in _shown(world, '"Halden Lubricants"')
    world.put_page("haldenlube.example", "home", "Halden Lubricants now makes harpoons.")
    assert world.page("https://www.haldenlube.example/").text == "Halden Lubricants now makes harpoons."
    assert "harpoons" in _shown(world, '"Halden Lubricants"')
    world.reset()
    assert "harpoons" not in _shown(world, '"Halden Lubricants"')


def test_a_changed_fact_of_a_company_changes_its_pages() -> None:
    world = World()
    world.put_company("haldenlube.example", {"city": "Bodø", "news": ["2026-11-01 | moved to Bodø | It took a week"]})
    assert "Bodø" in world.page("https://haldenlube.example/about").text
    assert "moved to Bodø" in _shown(world, '"Halden Lubricants"')
    with pytest.raises(ValueError, match="has no colour"):
        world.put_company("haldenlube.example", {"colour": "red"})


def test_sites_that_cannot_be_reached_say_how() -> None:
    world = World()
    world.put_company("haldenlube.example", {"site": "down"})
    with pytest.raises(SiteDownError):
        world.page("https://haldenlube.example/")
    for url in ("https://nowhere.invalid/", "http://127.0.0.1/", "https://localhost/"):
        with pytest.raises(UnknownHostError):
            world.page(url)
    assert world.page("https://oliobrenta.example/no-such-page").status == 404


@pytest.mark.parametrize(
    ("query", "company", "person", "domain"),
    [
        ('"Booking.com" "Travel Services"', "Booking.com", "", ""),
        ("“Acme Works” „Jane Doe“", "Acme Works", "Jane Doe", ""),
        ('"Jane Doe" "Acme Works" CEO', "Acme Works", "Jane Doe", ""),
        ("Acme Works, Building Products, Denver", "Acme Works", "", ""),
        ('"Acme Works" site:acme.example news', "Acme Works", "", "acme.example"),
        ('5" Pipes', "5", "", ""),
        ("https://www.acme.example/about", "", "", "acme.example"),
    ],
)
def test_a_query_is_taken_apart(query: str, company: str, person: str, domain: str) -> None:
    question = read_question(query, first_names=frozenset({"jane"}))
    assert (question.company, question.person, question.domain) == (company, person, domain)
