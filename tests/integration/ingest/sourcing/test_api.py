"""The routes of sourcing, on the running service: from a search to a job made from its upload."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from libs.common.contracts.billing import HoldDeclined, HoldPlaced
from libs.common.contracts.ingest import Recipient, RecipientsPublished
from libs.common.ids import new_id
from tests.integration.enrich.bench import World
from tests.integration.ingest.jobs.steps import Ingest, answer
from tests.support.ingest import RunningIngest, headers
from tests.support.waiting import eventually

pytestmark = pytest.mark.usefixtures("world")

FILTERS: dict[str, Any] = {"seniorities": ["head", "director"], "industries": ["pumps", "lubricants"]}


async def ask(
    service: RunningIngest, us: Ingest, method: str, path: str, *, key: str | None = None, **more: Any
) -> httpx.Response:
    asked = headers(us.workspace_id) | ({"Idempotency-Key": key} if key else {})
    return await service.client.request(method, path, headers=asked, **more)


def wanted(count: int = 12, **more: Any) -> dict[str, Any]:
    return {"filters": FILTERS, "count": count, "name": "Pump people", **more}


async def reserving(service: RunningIngest, us: Ingest) -> UUID:
    """The sourcing that waits for billing, as soon as it is written."""
    found: list[dict[str, Any]] = []

    async def written() -> bool:
        found[:] = (await ask(service, us, "GET", "/v1/sourcings")).json()["items"]
        return any(one["state"] == "reserving" for one in found)

    await eventually(written)
    return UUID(found[0]["id"])


async def begun(service: RunningIngest, us: Ingest, **more: Any) -> dict[str, Any]:
    """Ask for leads while billing, in the test's person, holds the credits."""
    asked = asyncio.create_task(ask(service, us, "POST", "/v1/sourcings", json=wanted(**more)))
    sourcing_id = await reserving(service, us)
    await us.deliver(HoldPlaced(job_id=sourcing_id, credits=more.get("count", 12), subject="sourcing"))
    answer_ = await asked
    assert answer_.status_code == 201, answer_.text
    return answer_.json()


async def ended(service: RunningIngest, us: Ingest, sourcing_id: str) -> dict[str, Any]:
    found: dict[str, Any] = {}

    async def over() -> bool:
        found.update((await ask(service, us, "GET", f"/v1/sourcings/{sourcing_id}")).json())
        return found["state"] in {"completed", "cancelled", "failed"} and (not found["leads"] or found["upload_id"])

    await eventually(over)
    return found


async def test_a_search_shows_how_many_there_are_and_no_addresses(service: RunningIngest, us: Ingest) -> None:
    found = (await ask(service, us, "POST", "/v1/sourcings/preview", json={"filters": FILTERS})).json()
    assert found["total"] == found["most_leads"] > 25
    assert len(found["people"]) == 25
    assert found["sandboxed"] is True
    assert found["credits_per_lead"] == 1
    assert "@" not in str(found["people"])


async def test_a_domain_may_be_pasted_from_a_browser(service: RunningIngest, us: Ingest) -> None:
    """Red when an address with scheme, www or a path matches nobody."""
    totals = [
        (await ask(service, us, "POST", "/v1/sourcings/preview", json={"filters": {"domains": [domain]}})).json()[
            "total"
        ]
        for domain in ("rhenania-pumpen.example", "https://www.Rhenania-Pumpen.example/de?a=b")
    ]
    assert totals[0] == totals[1] > 0


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"filters": {}}, 422, "no_filter"),
        ({"filters": {"seniorities": ["boss"]}}, 422, "invalid_request"),
        ({"filters": {"employee_ranges": ["10-20"]}}, 422, "invalid_request"),
        ({"filters": {"employee_ranges": ["200,51"]}}, 422, "invalid_request"),
        ({"filters": {"domains": ["Acme Pumps"]}}, 422, "invalid_request"),
        ({"filters": {"colour": ["red"]}}, 422, "invalid_request"),
    ],
)
async def test_a_search_that_cannot_be_is_refused_before_apollo_is_asked(
    service: RunningIngest, us: Ingest, world: World, body: dict[str, Any], status: int, code: str
) -> None:
    refused = await ask(service, us, "POST", "/v1/sourcings/preview", json=body)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert world.answered("apollo") == 0


async def test_apollos_refusal_comes_through_the_route_as_it_is(
    service: RunningIngest, us: Ingest, world: World
) -> None:
    world.turn(apollo={"no_api_access": True})
    refused = await ask(service, us, "POST", "/v1/sourcings/preview", json={"filters": FILTERS})
    told = refused.json()
    assert (refused.status_code, told["code"]) == (403, "apollo_no_api_access")
    assert told["apollo_says"].endswith("Please upgrade your plan from https://app.apollo.io/.")


async def test_more_than_apollo_shows_is_refused(service: RunningIngest, us: Ingest) -> None:
    refused = await ask(service, us, "POST", "/v1/sourcings", json=wanted(50_001))
    assert (refused.status_code, refused.json()["code"]) == (422, "too_many_leads")
    assert refused.json()["most_leads"] == 50_000


async def test_who_cannot_pay_is_told_how_much_is_missing(service: RunningIngest, us: Ingest) -> None:
    asked = asyncio.create_task(ask(service, us, "POST", "/v1/sourcings", json=wanted(40)))
    sourcing_id = await reserving(service, us)
    await us.deliver(HoldDeclined(job_id=sourcing_id, needed=40, available=3, subject="sourcing"))
    refused = await asked
    told = refused.json()
    assert (refused.status_code, told["needed"], told["available"]) == (402, 40, 3)
    assert told["sourcing_id"] == str(sourcing_id)


async def test_leads_become_an_upload_and_a_job_whose_recipients_stay_marked(
    service: RunningIngest, us: Ingest
) -> None:
    """From the search to the list. Red when what the sandbox made up could be written to through a real mailbox."""
    one = await begun(service, us)
    assert (one["state"], one["credits_held"]) == ("searching", 12)
    done = await ended(service, us, one["id"])
    assert (done["state"], done["people"], done["sandboxed"]) == ("completed", 12, True)
    assert done["credits_total"] == done["leads"] > 0
    path = f"/v1/uploads/{done['upload_id']}"
    await eventually(lambda: _is_ready(service, us, path))
    upload = (await ask(service, us, "GET", path)).json()
    assert upload["row_count"] == done["leads"]
    roles = {column["role"]: column["name"] for column in upload["columns"] if column["role"]}
    told = {"email": "Email", "first_name": "First name", "company": "Company", "title": "Title", "country": "Country"}
    assert told.items() <= roles.items()
    job = await us.create(UUID(done["upload_id"]), skip_duplicates=False)
    assert job.sandboxed is True
    await us.deliver(HoldPlaced(job_id=job.id, credits=job.credits_needed))
    await us.announce(rows=10_000)
    await eventually(lambda: _all_queued(us, job.id))
    for chunk in await us.chunk_rows(job.id):
        rows = range(chunk.first_row_no, chunk.first_row_no + chunk.row_count)
        await us.deliver(answer(job.id, chunk.chunk_no, rows, dispatch_no=chunk.dispatch_no))
    await eventually(lambda: _recipients(us, job.id))
    people = await _recipients(us, job.id)
    assert len(people) == done["leads"]
    assert all(person.sandboxed for person in people)


async def _recipients(us: Ingest, job_id: UUID) -> list[Recipient]:
    """Whom the service, which merges by itself, has published; it is one part."""
    published = [event for event in await us.said(RecipientsPublished) if event.list_id == job_id]
    return [person for event in published for person in event.recipients]


async def _all_queued(us: Ingest, job_id: UUID) -> bool:
    """By the service's own dispatcher."""
    return set(await us.chunk_states(job_id)) == {"queued"}


async def _is_ready(service: RunningIngest, us: Ingest, path: str) -> bool:
    upload = (await ask(service, us, "GET", path)).json()
    assert upload["state"] != "refused", upload
    return upload["state"] == "ready"


async def test_a_second_click_answers_with_the_first_ones_sourcing(service: RunningIngest, us: Ingest) -> None:
    asked = [
        asyncio.create_task(ask(service, us, "POST", "/v1/sourcings", key="click", json=wanted())) for _ in range(3)
    ]
    sourcing_id = await reserving(service, us)
    await us.deliver(HoldPlaced(job_id=sourcing_id, credits=12, subject="sourcing"))
    found = await asyncio.gather(*asked)
    assert {answer_.json()["id"] for answer_ in found} == {str(sourcing_id)}
    other = await ask(service, us, "POST", "/v1/sourcings", key="click", json=wanted(13))
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


async def test_a_sourcing_is_one_workspaces_own(service: RunningIngest, us: Ingest) -> None:
    """Red when a query leaves the workspace out."""
    one = await begun(service, us, count=3)
    await ended(service, us, one["id"])
    strangers = Ingest(us.open_uow, us.storage)
    for method, path in (("GET", ""), ("POST", "/cancel"), ("POST", "/resume")):
        refused = await ask(service, strangers, method, f"/v1/sourcings/{one['id']}{path}")
        assert (refused.status_code, refused.json()["code"]) == (404, "unknown_sourcing")
    assert (await ask(service, strangers, "GET", "/v1/sourcings")).json()["items"] == []


async def test_what_has_ended_can_neither_be_cancelled_nor_resumed(service: RunningIngest, us: Ingest) -> None:
    one = await begun(service, us, count=3)
    await ended(service, us, one["id"])
    for path, code in (("cancel", "sourcing_ended"), ("resume", "not_parked")):
        refused = await ask(service, us, "POST", f"/v1/sourcings/{one['id']}/{path}")
        assert (refused.status_code, refused.json()["code"]) == (409, code)


async def test_sourcings_are_listed_newest_first_and_page_by_page(service: RunningIngest, us: Ingest) -> None:
    made = [(await begun(service, us, count=1))["id"] for _ in range(3)]
    first = (await ask(service, us, "GET", "/v1/sourcings", params={"limit": 2})).json()
    rest = (await ask(service, us, "GET", "/v1/sourcings", params={"cursor": first["next_cursor"]})).json()
    assert [one["id"] for one in first["items"] + rest["items"]] == made[::-1]
    assert rest["next_cursor"] is None


async def test_an_unknown_sourcing_is_not_found(service: RunningIngest, us: Ingest) -> None:
    assert (await ask(service, us, "GET", f"/v1/sourcings/{new_id()}")).status_code == 404
