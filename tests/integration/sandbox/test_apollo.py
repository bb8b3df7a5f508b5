"""Apollo's stand-in on Apollo's wire format: filters that filter, pages, addresses for credits, refusals in its own words."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from deploy.sandbox.world.people import directory
from tests.integration.sandbox.conftest import Running

KEY = {"X-Api-Key": "any"}
BASE = "/apollo/api/v1"


async def _ask(sandbox: Running, path: str = "mixed_people/api_search", **body: Any) -> httpx.Response:
    return await sandbox.http.post(f"{BASE}/{path}", headers=KEY, json=body)


async def test_the_world_has_thousands_of_people_and_each_id_once(sandbox: Running) -> None:
    """Red when ids collide: a lead would be revealed as somebody else."""
    found = directory(sandbox.box.world)
    assert len(found.workers) > 3000
    assert len(found.by_id) == len(found.workers)
    addresses = [worker.email for worker in found.workers if worker.email]
    assert len(set(addresses)) == len(addresses)


async def test_pages_lie_side_by_side_and_end_with_the_last_person(sandbox: Running) -> None:
    """Red when two pages overlap or one is left out."""
    asked: dict[str, Any] = {"person_seniorities": ["c_suite"], "per_page": 100}
    first = (await _ask(sandbox, page=1, **asked)).json()
    total, seen = first["total_entries"], list[str]()
    for page in range(1, -(-total // 100) + 1):
        seen += [one["id"] for one in (await _ask(sandbox, page=page, **asked)).json()["people"]]
    assert len(seen) == len(set(seen)) == total > 100
    assert (await _ask(sandbox, page=500, **asked)).json()["people"] == []


async def test_a_search_masks_last_names_and_gives_no_address(sandbox: Running) -> None:
    answer = await _ask(sandbox, q_organization_domains_list=["rhenania-pumpen.example"], per_page=1)
    (person,) = answer.json()["people"]
    assert "***" in person["last_name_obfuscated"]
    assert not {"email", "last_name", "linkedin_url"} & set(person)
    assert answer.headers["x-minute-requests-left"].isdigit()


async def test_the_older_search_has_a_pagination_object(sandbox: Running) -> None:
    answer = (await _ask(sandbox, "mixed_people/search", person_titles=["purchasing"], per_page=25, page=2)).json()
    total = answer["pagination"]["total_entries"]
    assert answer["pagination"] == {"page": 2, "per_page": 25, "total_entries": total, "total_pages": -(-total // 25)}
    assert all("purchasing" in person["title"].lower() for person in answer["people"])
    assert {person["email"] for person in answer["people"]} <= {"email_not_unlocked@domain.com", None}


@pytest.mark.parametrize(
    "asked",
    [
        {"person_titles": ["head of purchasing"]},
        {"person_seniorities": ["director", "vp"]},
        {"person_locations": ["Germany"]},
        {"organization_locations": ["Leeds, UK"]},
        {"organization_num_employees_ranges": ["1,50", "500,1000"]},
        {"q_organization_keyword_tags": ["pumps"]},
        {"q_organization_domains_list": ["ledgerly.example"]},
        {"contact_email_status": ["verified"]},
        {"q_keywords": "director pumps"},
    ],
    ids=lambda asked: next(iter(asked)),
)
async def test_each_filter_leaves_some_and_not_all(sandbox: Running, asked: dict[str, Any]) -> None:
    """Red when a filter is taken for decoration."""
    everybody = len(directory(sandbox.box.world).workers)
    assert 0 < (await _ask(sandbox, **asked)).json()["total_entries"] < everybody


async def test_bulk_enrichment_reveals_ten_at_most_in_the_order_asked(sandbox: Running) -> None:
    ids = [one["id"] for one in (await _ask(sandbox, per_page=10)).json()["people"]]
    answer = (await _ask(sandbox, "people/bulk_match", details=[{"id": one} for one in [*ids[:9], "nobody"]])).json()
    assert [match and match["id"] for match in answer["matches"]] == [*ids[:9], None]
    assert answer["missing_records"] == 1
    assert answer["credits_consumed"] == sum(1 for match in answer["matches"] if match and match["email"])
    too_many = await _ask(sandbox, "people/bulk_match", details=[{"id": "x"}] * 11)
    assert (too_many.status_code, too_many.json()["error_code"]) == (422, "INVALID_PARAMETERS")


async def test_credits_run_out_with_apollos_sentence(sandbox: Running) -> None:
    """Red when what cannot be paid for is revealed in part."""
    await sandbox.turn(apollo_reveal={"credits": 3})
    ids = [one["id"] for one in (await _ask(sandbox, per_page=10, contact_email_status=["verified"])).json()["people"]]
    answer = await _ask(sandbox, "people/bulk_match", details=[{"id": one} for one in ids])
    assert answer.status_code == 403
    assert "insufficient credits" in answer.json()["error"]
    assert (await _ask(sandbox, "people/bulk_match", details=[{"id": ids[0]}])).json()["credits_consumed"] == 1


async def test_apollo_refuses_in_its_own_words(sandbox: Running) -> None:
    nobody = await sandbox.http.post(f"{BASE}/mixed_people/api_search", json={})
    assert (nobody.status_code, nobody.text) == (401, "Invalid access credentials.")
    wrongs: list[dict[str, Any]] = [
        {"page": 501},
        {"person_seniorities": ["boss"]},
        {"organization_num_employees_ranges": ["few"]},
    ]
    for wrong in wrongs:
        assert (await _ask(sandbox, **wrong)).status_code == 422
    await sandbox.turn(apollo={"no_api_access": True})
    assert (await _ask(sandbox)).json()["error_code"] == "API_INACCESSIBLE"


async def test_each_endpoint_has_a_limit_of_its_own(sandbox: Running) -> None:
    """Red when the search's limit stops the enrichment."""
    await sandbox.turn(apollo={"rate_limit_per_minute": 2})
    assert [(await _ask(sandbox)).headers["x-minute-requests-left"] for _ in range(2)] == ["1", "0"]
    over = await _ask(sandbox)
    assert over.status_code == 429
    assert 0 < int(over.headers["retry-after"]) <= 61
    assert "2 times per minute" in over.json()["message"]
    assert (await _ask(sandbox, "people/bulk_match", details=[{"id": "x"}])).status_code == 200


async def test_the_health_check_tells_a_key_from_none(sandbox: Running) -> None:
    assert (await sandbox.http.get(f"{BASE}/auth/health", headers=KEY)).json()["is_logged_in"] is True
    assert (await sandbox.http.get("/apollo/v1/auth/health")).status_code == 401
