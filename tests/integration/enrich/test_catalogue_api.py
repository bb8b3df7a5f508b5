"""The catalogue over HTTP: versions, lost updates, repeated clicks, two workspaces, files."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from pydantic import SecretStr

from libs.common.clock import utc_now
from libs.common.http.identity import IDENTITY_HEADER, Identity, sign_identity
from libs.common.ids import new_id
from services.enrich.main import make_app
from services.enrich.settings import EnrichSettings
from tests.integration.enrich.bench import World
from tests.support.clock import started_without_a_clock

SECRET = "a-secret-for-tests-that-is-long-enough"
GEAR = {"id": "gear", "name": "Gear additives", "pitch": "packages for gear oils"}
WIND = {
    "name": "Wind makers",
    "product": "gear",
    "conditions": [{"field": "industry", "operator": "is_any", "values": ["Lubricants", "Schmierstoffe"]}],
}


@dataclass
class Member:
    """Somebody of a workspace, with the API at hand."""

    client: httpx.AsyncClient
    workspace_id: UUID
    user_id: UUID

    async def ask(self, method: str, path: str, *, status: int = 200, **parts: Any) -> httpx.Response:
        """Asks, and answers when the status is the expected one."""
        identity = Identity(self.workspace_id, self.user_id, "owner", "test", operator=False)
        token = sign_identity(identity, secret=SECRET, now=utc_now())
        headers = {IDENTITY_HEADER: token, **parts.pop("headers", {})}
        answer = await self.client.request(method, f"/v1/catalogue{path}", headers=headers, **parts)
        assert answer.status_code == status, answer.text
        return answer

    async def refused(self, method: str, path: str, *, status: int, **parts: Any) -> Any:
        """The problem of a refusal."""
        answer = await self.ask(method, path, status=status, **parts)
        assert answer.headers["content-type"] == "application/problem+json"
        return answer.json()

    def colleague(self) -> Member:
        return Member(self.client, self.workspace_id, new_id())


@pytest.fixture(scope="module")
async def client(module_database: str, module_vhost: str, one_world: World) -> AsyncGenerator[httpx.AsyncClient]:
    settings = EnrichSettings(
        env="test",
        database_url=module_database,
        rabbitmq_url=SecretStr(module_vhost),
        internal_secret=SecretStr(SECRET),
        sandbox_url=one_world.url,
    )
    app = make_app(settings)
    async with (
        started_without_a_clock(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://enrich") as client,
    ):
        yield client


@pytest.fixture
def us(client: httpx.AsyncClient) -> Member:
    return Member(client, new_id(), new_id())


@pytest.fixture
def them(client: httpx.AsyncClient) -> Member:
    return Member(client, new_id(), new_id())


async def test_every_change_is_a_version_that_says_who_made_it(us: Member) -> None:
    """Red when a change leaves no trace, or a version is not what the catalogue was."""
    nothing = await us.ask("GET", "")
    assert (nothing.json()["version"], nothing.json()["products"], nothing.headers["etag"]) == (0, [], '"0"')
    await us.ask("POST", "/products", json=GEAR, status=201)
    colleague = us.colleague()
    with_rule = (await colleague.ask("POST", "/rules", json=WIND, status=201)).json()
    assert [rule["id"] for rule in with_rule["rules"]] == ["wind-makers"]
    await us.ask("PATCH", "/rules/wind-makers", json={"enabled": False})
    await us.ask("PATCH", "/products/gear", json={"name": "Gear packages"})
    await us.ask("DELETE", "/rules/wind-makers")
    last = await us.ask("DELETE", "/products/gear")
    assert (last.json()["version"], last.headers["etag"]) == (6, '"6"')
    listed = (await us.ask("GET", "/versions")).json()["items"]
    assert [(one["version"], one["change"], UUID(one["made_by"])) for one in listed] == [
        (6, "Product ‘Gear packages’ removed", us.user_id),
        (5, "Rule ‘Wind makers’ removed", us.user_id),
        (4, "Product ‘Gear packages’ changed: name", us.user_id),
        (3, "Rule ‘Wind makers’ changed: enabled", us.user_id),
        (2, "Rule ‘Wind makers’ added", colleague.user_id),
        (1, "Product ‘Gear additives’ added", us.user_id),
    ]
    assert (await us.ask("GET", "/versions/2")).json() == with_rule
    restored = (await us.ask("POST", "/versions/2/restore")).json()
    assert (restored["version"], restored["change"]) == (7, "Version 2 restored: 1 products, 1 rules")
    assert (restored["products"], restored["rules"]) == (with_rule["products"], with_rule["rules"])


async def test_versions_come_in_pages(us: Member) -> None:
    """Red when a long history is cut off, or a page repeats a version."""
    for nth in range(5):
        await us.ask("POST", "/products", json={"id": f"p{nth}", "name": "P"}, status=201)
    first = (await us.ask("GET", "/versions", params={"limit": 3})).json()
    second = (await us.ask("GET", "/versions", params={"limit": 3, "cursor": first["next_cursor"]})).json()
    assert [one["version"] for one in [*first["items"], *second["items"]]] == [5, 4, 3, 2, 1]
    assert second["next_cursor"] is None


async def test_a_version_that_no_catalogue_can_have_is_refused(us: Member) -> None:
    """Red when a number that the database cannot hold is a fault of ours."""
    for version in (0, 2**31, 10**20):
        assert (await us.refused("GET", f"/versions/{version}", status=422))["code"] == "invalid_request"
        assert (await us.refused("POST", f"/versions/{version}/restore", status=422))["code"] == "invalid_request"


async def test_nobody_undoes_what_another_has_changed_meanwhile(us: Member) -> None:
    """Red when a stale page overwrites a colleague's change, in whichever way it is sent."""
    await us.ask("POST", "/products", json=GEAR, status=201)
    whole = {"products": [GEAR], "rules": [WIND]}
    saved = await us.ask("PUT", "", json=whole, headers={"If-Match": '"1"'})
    assert (saved.json()["version"], saved.headers["etag"]) == (2, '"2"')
    for method, path, body in (
        ("PUT", "", whole),
        ("PATCH", "/products/gear", {"pitch": "x"}),
        ("POST", "/rules", WIND),
        ("DELETE", "/rules/wind-makers", None),
    ):
        problem = await us.refused(method, path, status=412, json=body, headers={"If-Match": '"1"'})
        assert (problem["code"], problem["version"]) == ("catalogue_changed", 2)
        assert "'Catalogue replaced: 1 products, 1 rules' was done meanwhile" in problem["detail"]
    assert (await us.refused("PUT", "", status=422, json=whole))["code"] == "if_match_required"
    malformed = await us.refused("PUT", "", status=422, json=whole, headers={"If-Match": "two"})
    assert malformed["code"] == "if_match_malformed"
    unchanged = {"products": [GEAR], "rules": [{"id": "wind-makers", **WIND}]}
    same = await us.ask("PUT", "", json=unchanged, headers={"If-Match": '"2"'})
    assert same.json()["version"] == 2


async def test_of_ten_changes_at_once_on_one_version_one_is_made(us: Member) -> None:
    """Red when two see the same version and both are saved. Without If-Match all ten are, one after the other."""
    await us.ask("POST", "/products", json=GEAR, status=201)
    changes = [
        us.client.request(
            "PATCH",
            "/v1/catalogue/products/gear",
            json={"pitch": f"pitch {nth}"},
            headers={
                IDENTITY_HEADER: sign_identity(
                    Identity(us.workspace_id, us.user_id, "owner", "t"), secret=SECRET, now=utc_now()
                ),
                "If-Match": '"1"',
            },
        )
        for nth in range(10)
    ]
    answers = await asyncio.gather(*changes)
    assert sorted(answer.status_code for answer in answers) == [200, *[412] * 9]
    made = [us.ask("POST", "/products", json={"id": f"p{nth}", "name": "P"}, status=201) for nth in range(10)]
    await asyncio.gather(*made)
    whole = (await us.ask("GET", "")).json()
    assert (whole["version"], len(whole["products"])) == (12, 11)


async def test_a_repeated_click_adds_nothing(us: Member) -> None:
    """Red when a request that was sent twice makes two rules, or a key serves for two requests."""
    key = {"Idempotency-Key": "one-click"}
    await us.ask("POST", "/products", json=GEAR, status=201)
    first = (await us.ask("POST", "/rules", json=WIND, headers=key, status=201)).json()
    again = (await us.ask("POST", "/rules", json=WIND, headers=key, status=201)).json()
    assert (first["version"], again["version"], len(again["rules"])) == (2, 2, 1)
    other = await us.refused("POST", "/rules", json={**WIND, "name": "Other"}, headers=key, status=409)
    assert (other["code"], other["version"]) == ("idempotency_key_reused", 2)


async def test_two_workspaces_know_nothing_of_each_other(us: Member, them: Member) -> None:
    """Red when one tenant reads, tries or changes another's catalogue."""
    await us.ask("PUT", "", json={"products": [GEAR], "rules": [WIND]}, headers={"If-Match": '"0"'})
    assert (await them.ask("GET", "")).json()["version"] == 0
    assert (await them.ask("GET", "/versions")).json()["items"] == []
    assert (await them.refused("GET", "/versions/1", status=404))["code"] == "unknown_version"
    assert (await them.refused("POST", "/versions/1/restore", status=404))["code"] == "unknown_version"
    assert (await them.refused("DELETE", "/rules/wind-makers", status=404))["code"] == "unknown_rule"
    assert (await them.refused("PATCH", "/products/gear", json={"name": "x"}, status=404))["code"] == "unknown_product"
    tried = (await them.ask("POST", "/test", json={"cells": {"industry": "Lubricants"}})).json()
    assert (tried["choice"], tried["rules"]) == (None, [])
    assert b"gear" not in (await them.ask("GET", "/export")).content
    assert (await us.ask("GET", "")).json()["version"] == 1


async def test_every_fault_is_named_with_a_pointer_to_it(us: Member) -> None:
    """Red when a page cannot show an error beside its field, or only the first of several is named."""
    wrong = [
        {"name": "A", "product": "gold", "conditions": [{"field": "title", "operator": "is_any", "values": []}]},
        {"name": "B", "product": "gear", "conditions": [{"field": "company_size", "operator": "between"}]},
    ]
    problem = await us.refused(
        "PUT", "", status=422, json={"products": [GEAR], "rules": wrong}, headers={"If-Match": '"0"'}
    )
    assert problem["code"] == "catalogue_invalid"
    assert [one["pointer"] for one in problem["errors"]] == [
        "#/rules/0/product",
        "#/rules/0/conditions/0/values",
        "#/rules/1/conditions/0/at_least",
    ]
    assert problem["errors"][0]["what"] == "there is no product 'gold': add it, or name another"
    for body in (
        {"products": [{"id": "Not A Slug", "name": "x"}]},
        {"products": [{**GEAR, "price": 3}]},
        {"rules": [{**WIND, "conditions": [{"field": "shoe_size", "operator": "is_any"}]}]},
        {"rules": [{**WIND, "conditions": [{"field": "title", "operator": "between", "at_least": 1e999}]}]},
    ):
        refused = await us.refused(
            "PUT",
            "",
            status=422,
            content=json.dumps(body),
            headers={"If-Match": '"0"', "Content-Type": "application/json"},
        )
        assert refused["code"] == "invalid_request"
        assert refused["errors"][0]["pointer"].startswith(f"#/{next(iter(body))}/0/")
    assert (await us.refused("PATCH", "/products/gear", status=422, json={}))["code"] == "invalid_request"
    assert (await us.refused("PATCH", "/products/gear", status=422, json={"name": None}))["code"] == "invalid_request"
    assert (await us.ask("GET", "")).json()["version"] == 0


async def test_a_row_can_be_tried_on_what_is_saved_and_on_a_draft(us: Member) -> None:
    """Red when the trace does not say why, the mapping is ignored, or a draft is saved by trying it."""
    last = {"name": "Everybody else", "product": "gear", "pitch": "a call"}
    await us.ask("PUT", "", json={"products": [GEAR], "rules": [WIND, last]}, headers={"If-Match": '"0"'})
    row = {"cells": {"Branche": "Schmierstoffe", "Firma": "Petrava"}, "mapping": {"industry": "Branche"}}
    tried = (await us.ask("POST", "/test", json=row)).json()
    assert tried["choice"] == {
        "product": "gear",
        "name": "Gear additives",
        "pitch": "packages for gear oils",
        "chosen_by": "rule",
        "rule": "Wind makers",
        "why": "Rule 1 ‘Wind makers’: industry is ‘Schmierstoffe’",
    }
    assert [(rule["holds"], rule["decides"]) for rule in tried["rules"]] == [(True, True), (True, False)]
    other = (await us.ask("POST", "/test", json={"cells": {"Industry": "Food"}})).json()
    assert other["rules"][0]["conditions"] == [
        {
            "field": "industry",
            "operator": "is_any",
            "holds": False,
            "why": "industry is ‘Food’, not ‘Lubricants’ or ‘Schmierstoffe’",
        }
    ]
    assert other["choice"]["pitch"] == "a call"
    mentioned = {"field": "keywords", "operator": "contains_any", "values": ["wind turbines"]}
    draft = {"products": [GEAR], "rules": [{**WIND, "conditions": [mentioned]}]}
    found = {"cells": {"Firma": "Petrava"}, "found": ["It blends oils for wind turbines."], "catalogue": draft}
    assert (await us.ask("POST", "/test", json=found)).json()["choice"]["why"].endswith("‘wind turbines’ is mentioned")
    draft["rules"][0]["product"] = "gold"
    assert (await us.refused("POST", "/test", json=found, status=422))["code"] == "catalogue_invalid"
    assert (await us.ask("GET", "")).json()["version"] == 1


async def test_rules_are_put_into_another_order(us: Member) -> None:
    """Red when a rule is lost on the way, or another's order is taken for a full one."""
    rules = [{**WIND, "name": name} for name in ("A", "B", "C")]
    await us.ask("PUT", "", json={"products": [GEAR], "rules": rules}, headers={"If-Match": '"0"'})
    moved = (await us.ask("PUT", "/rules/order", json={"rules": ["c", "a", "b"]})).json()
    assert [rule["id"] for rule in moved["rules"]] == ["c", "a", "b"]
    problem = await us.refused("PUT", "/rules/order", json={"rules": ["c", "a", "x"]}, status=422)
    assert (problem["code"], problem["missing"], problem["unknown"]) == ("rules_differ", ["b"], ["x"])


@pytest.mark.parametrize("kind", ["json", "csv"])
async def test_a_catalogue_travels_to_another_workspace_as_a_file(us: Member, them: Member, kind: str) -> None:
    """Red when what is exported cannot be imported, or comes in changed."""
    last = {"name": "Everybody else", "product": "gear", "pitch": "=a call", "enabled": False}
    saved = await us.ask("PUT", "", json={"products": [GEAR], "rules": [WIND, last]}, headers={"If-Match": '"0"'})
    file = await us.ask("GET", "/export", params={"format": kind})
    assert file.headers["content-disposition"] == f'attachment; filename="catalogue.{kind}"'
    types = {"json": "application/json", "csv": "text/csv; charset=utf-8"}
    assert file.headers["content-type"] == types[kind]
    headers = {"Content-Type": types[kind], "Idempotency-Key": "import"}
    taken = (await them.ask("POST", "/import", content=file.content, headers=headers)).json()
    assert (taken["products"], taken["rules"]) == (saved.json()["products"], saved.json()["rules"])
    assert (await them.ask("POST", "/import", content=file.content, headers=headers)).json()["version"] == 1


async def test_a_file_that_cannot_be_taken_says_what_is_wrong_where(us: Member) -> None:
    """Red when a bad file takes the place of a good catalogue, or nobody is told on which line it is bad."""
    sheet = "product,product_name,rule_name,if_1_field,if_1_operator,if_1_values\r\n"
    bad = sheet + "gear,Gear,A,title,is_any,buyer\r\ngear,,B,shoe,is_any,x\r\n"
    csv = {"Content-Type": "text/csv"}
    problem = await us.refused("POST", "/import", status=422, content=bad, headers=csv)
    assert problem["errors"][0]["pointer"] == "#/rules/1/conditions/0/field"
    assert problem["errors"][0]["what"].endswith("(line 3)")
    unknown = sheet + ",,A,title,is_any,buyer\r\n"
    problem = await us.refused("POST", "/import", status=422, content=unknown, headers=csv)
    assert (problem["code"], problem["errors"][0]["pointer"]) == ("catalogue_invalid", "#/rules/0/product")
    assert "(line 2)" in problem["detail"]
    for content, kind, status, code in (
        (b"\xff\xfe", "text/csv", 422, "catalogue_invalid"),
        (b"{", "application/json", 422, "catalogue_invalid"),
        (b"[]", "application/json", 422, "catalogue_invalid"),
        (b"<x/>", "text/xml", 415, "unsupported_media_type"),
        (b" " * 5_000_000, "text/csv", 413, "too_large"),
    ):
        refused = await us.refused("POST", "/import", status=status, content=content, headers={"Content-Type": kind})
        assert refused["code"] == code
    assert (await us.ask("GET", "")).json()["version"] == 0


async def test_a_catalogue_has_a_largest_size(us: Member) -> None:
    """Red when each click of a page writes megabytes."""
    values = [f"{nth:02}" + "x" * 98 for nth in range(50)]
    fat = {**WIND, "conditions": [{"field": "title", "operator": "is_any", "values": values}] * 10}
    rules = [{**fat, "id": f"r{nth}"} for nth in range(25)]
    problem = await us.refused(
        "PUT", "", status=422, json={"products": [GEAR], "rules": rules}, headers={"If-Match": '"0"'}
    )
    assert "at most 1048576 are allowed" in problem["detail"]


async def test_what_was_written_is_never_changed(us: Member, module_database: str) -> None:
    """Red when a version that jobs are chosen by can become another."""
    await us.ask("POST", "/products", json=GEAR, status=201)
    connection = await asyncpg.connect(module_database)
    try:
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute("UPDATE enrich.catalogue_versions SET change = 'nothing'")
    finally:
        await connection.close()
