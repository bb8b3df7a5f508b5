"""The sample list speaks of the sandbox's world and holds the cells that break careless programs."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

from deploy.sandbox.world.catalogue import load

LEADS = Path(__file__).parents[3] / "samples" / "leads.csv"


def _leads() -> list[dict[str, str]]:
    with LEADS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_list_is_of_the_world_and_of_many_countries() -> None:
    people = {(person.name, company.name) for company in load().values() for person in company.people}
    leads = _leads()
    known = [lead for lead in leads if (f"{lead['First name']} {lead['Last name']}", lead["Company"]) in people]
    assert len(leads) >= 38
    assert len(known) >= len(leads) - 3
    assert len({lead["Country"] for lead in known}) >= 15
    assert all(lead["Email"].endswith(".example") for lead in leads if lead["Email"])


def test_the_list_has_a_duplicate_a_namesake_and_rows_nobody_can_research() -> None:
    leads = _leads()
    assert [count for count in Counter(lead["Email"] for lead in leads if lead["Email"]).values() if count > 1] == [2]
    companies_of_name = {
        (lead["First name"], lead["Last name"], lead["Company"]) for lead in leads if lead["Last name"]
    }
    assert max(Counter(name[:2] for name in companies_of_name).values()) == 2
    assert sum(not (lead["Company"] or lead["Email"] or lead["Last name"]) for lead in leads) == 2


def test_the_list_has_cells_that_must_come_back_untouched() -> None:
    leads = _leads()
    notes = [lead["Notes"] for lead in leads]
    assert all(lead["Lead ID"].startswith("000") for lead in leads)
    assert any(note.startswith("=") for note in notes)
    assert any("\n" in note for note in notes)
    assert any('"' in note for note in notes)
    assert any(not lead["Last name"].isascii() for lead in leads)
