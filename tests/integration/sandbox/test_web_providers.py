"""Serper and Firecrawl on their wire formats, their dials, the call log and the world's controls."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import pytest

from tests.integration.sandbox.conftest import Running
from tests.support.waiting import PATIENCE_S

KEY = {"X-API-KEY": "k"}
BEARER = {"Authorization": "Bearer k"}


async def _search(sandbox: Running, q: str, kind: str = "search", **more: Any) -> httpx.Response:
    return await sandbox.http.post(f"/serper/{kind}", headers=KEY, json={"q": q} | more)


async def _scrape(sandbox: Running, url: str, **more: Any) -> httpx.Response:
    return await sandbox.http.post(
        "/firecrawl/v1/scrape", headers=BEARER, json={"url": url, "formats": ["markdown"]} | more
    )


async def test_a_search_has_serpers_form(sandbox: Running) -> None:
    answer = await _search(sandbox, '"Halden Lubricants"', num=3)
    found = answer.json()
    assert answer.headers["x-sandbox"] == "corofy"
    assert found["searchParameters"]["q"] == '"Halden Lubricants"'
    assert found["knowledgeGraph"]["website"] == "https://haldenlube.example/"
    assert [hit["position"] for hit in found["organic"]] == [1, 2, 3]
    assert all(hit["title"] and hit["link"].startswith("https://") and hit["snippet"] for hit in found["organic"])
    assert found["credits"] == 1


async def test_news_have_serpers_form(sandbox: Running) -> None:
    news = (await _search(sandbox, '"Halden Lubricants"', kind="news")).json()["news"]
    assert set(news[0]) == {"title", "link", "snippet", "date", "source", "position"}
    assert news[0]["date"] == "Sep 14, 2026"


async def test_serper_refuses_in_its_own_words(sandbox: Running) -> None:
    assert (await sandbox.http.post("/serper/search", json={"q": "x"})).json() == {
        "message": "Unauthorized.",
        "statusCode": 403,
    }
    assert (await _search(sandbox, " ")).status_code == 400
    await sandbox.turn(serper={"day_limit": 0})
    assert (await _search(sandbox, "x")).json() == {"message": "Not enough credits", "statusCode": 400}
    await sandbox.turn(serper={"day_limit": None, "rate_limit_per_minute": 1})
    assert [(await _search(sandbox, "x")).status_code for _ in range(2)] == [200, 429]


async def test_a_page_is_scraped_in_both_versions(sandbox: Running) -> None:
    for version in ("v1", "v2"):
        body = {"url": "https://www.haldenlube.example/about", "formats": [{"type": "markdown"}, "html", "links"]}
        answer = await sandbox.http.post(f"/firecrawl/{version}/scrape", headers=BEARER, json=body)
        data = answer.json()["data"]
        assert data["markdown"].startswith("# About Halden Lubricants\n\nHalden Lubricants was founded in 1978")
        assert data["metadata"]["sourceURL"] == body["url"]
        assert data["metadata"]["statusCode"] == 200
        assert "<h1>" in data["html"]
        assert data["links"]


async def test_firecrawl_refuses_in_its_own_words(sandbox: Running) -> None:
    unknown = await _scrape(sandbox, "https://nowhere.invalid")
    assert (unknown.status_code, unknown.json()["code"]) == (200, "SCRAPE_DNS_RESOLUTION_ERROR")
    assert unknown.json()["success"] is False
    missing = await _scrape(sandbox, "https://haldenlube.example/nothing")
    assert missing.json()["data"]["metadata"]["statusCode"] == 404
    invalid = await _scrape(sandbox, "not a url")
    assert (invalid.status_code, invalid.json()["error"]) == (400, "Bad Request")
    await sandbox.http.put("/world/companies/haldenlube.example", json={"site": "down"})
    down = await _scrape(sandbox, "https://haldenlube.example")
    assert (down.status_code, down.json()["code"]) == (500, "SCRAPE_ALL_ENGINES_FAILED")
    await sandbox.turn(firecrawl={"day_limit": 0})
    assert (await _scrape(sandbox, "https://haldenlube.example")).status_code == 402
    await sandbox.turn(firecrawl={"bad_key": True})
    assert (await _scrape(sandbox, "https://haldenlube.example")).json()["error"] == "Unauthorized: Invalid token"


@pytest.mark.parametrize("url", ["https://www.facebook.com/acme", "linkedin.com/company/acme", "https://x.com"])
async def test_a_site_that_firecrawl_does_not_read_is_refused_with_403(sandbox: Running, url: str) -> None:
    """Its real form: no code, and not the 401 of a wrong key. Red when such a site is served like any other."""
    refused = await _scrape(sandbox, url)
    assert refused.status_code == 403
    assert refused.json() == {
        "success": False,
        "error": "We apologize for the inconvenience but we do not support this site.",
    }
    assert (await _scrape(sandbox, "https://netflix.com")).status_code == 200, "x.com is a host, not an ending"


async def test_latency_is_kept_for_many_at_once(sandbox: Running) -> None:
    await sandbox.turn(serper={"latency_ms": 300})
    began = time.monotonic()
    async with httpx.AsyncClient(base_url=sandbox.url, limits=httpx.Limits(max_connections=50)) as http:
        body = {"q": "Halden Lubricants"}
        answers = await asyncio.gather(*(http.post("/serper/search", headers=KEY, json=body) for _ in range(40)))
    assert all(answer.status_code == 200 for answer in answers)
    assert 0.3 <= time.monotonic() - began < 40 * 0.3, "one after the other they would take that long"
    calls = (await sandbox.http.get("/calls", params={"provider": "serper"})).json()
    assert calls["peak_in_flight"]["serper"] > 1


@pytest.mark.parametrize("garbage", ["invalid_json", "truncated", "html", "error_200"])
async def test_garbage_is_an_answer_of_200_that_is_none(sandbox: Running, garbage: str) -> None:
    await sandbox.turn(serper={"garbage": garbage})
    answer = await _search(sandbox, "Halden Lubricants")
    assert answer.status_code == 200
    if garbage == "error_200":
        assert answer.json()["statusCode"] == 500
    else:
        with pytest.raises(ValueError, match=r".+"):
            answer.json()


async def test_a_hanging_request_goes_on_when_the_dial_is_turned_back(sandbox: Running) -> None:
    await sandbox.turn(serper={"hang": True})
    waiting = asyncio.create_task(_search(sandbox, "Halden Lubricants"))
    async with asyncio.timeout(PATIENCE_S):
        while (await sandbox.http.get("/calls")).json()["in_flight"].get("serper") != 1:
            await asyncio.sleep(0.01)
    assert not waiting.done()
    await sandbox.turn(serper={"hang": False})
    assert (await waiting).status_code == 200


async def test_calls_are_counted_by_endpoint_and_status(sandbox: Running) -> None:
    await _search(sandbox, "Halden Lubricants")
    await _search(sandbox, "Halden Lubricants", kind="news")
    await sandbox.turn(serper={"next_failures": [503]})
    await _search(sandbox, "Olio Brenta")
    await _scrape(sandbox, "https://oliobrenta.example")
    calls = (await sandbox.http.get("/calls", params={"provider": "serper", "last": "1"})).json()
    assert calls["totals"] == {
        "serper": {
            "news": {"count": 1, "by_status": {"200": 1}},
            "search": {"count": 2, "by_status": {"200": 1, "503": 1}},
        }
    }
    assert (calls["recent"][0]["status"], calls["recent"][0]["verdict"]) == (503, "fail")
    await sandbox.http.delete("/calls")
    assert (await sandbox.http.get("/calls")).json()["totals"] == {}


async def test_a_sentence_of_a_page_is_changed_and_reset(sandbox: Running) -> None:
    change = {"domain": "haldenlube.example", "page": "home", "find": "140 employees", "replace": "141 employees"}
    assert "141 employees" in (await sandbox.http.put("/world/pages", json=change)).json()["text"]
    assert "141 employees" in (await _scrape(sandbox, "https://haldenlube.example")).json()["data"]["markdown"]
    assert "141 employees" in (await _search(sandbox, "Halden Lubricants")).text
    assert (await sandbox.http.put("/world/pages", json=change)).status_code == 400
    await sandbox.http.delete("/world")
    assert "140 employees" in (await _scrape(sandbox, "https://haldenlube.example")).text


async def test_the_world_can_be_read_and_extended(sandbox: Running) -> None:
    some = (await sandbox.http.get("/world/companies", params={"q": "lubricants"})).json()["items"]
    assert 5 <= len(some) < 64
    made = await sandbox.http.put(
        "/world/companies/newco.example", json={"name": "Newco", "city": "Oslo", "country": "Norway"}
    )
    assert "Newco is based in Oslo, Norway." in made.json()["pages"]["home"]
    assert (await _search(sandbox, "Newco")).json()["organic"][0]["link"] == "https://newco.example/"
    assert (await sandbox.http.get("/world/companies/nobody.example")).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nowhere", None, 404),
        ("PUT", "/dials", {"serper": {"speed": 9}}, 400),
        ("PUT", "/world/companies/x.example", {"staff": "many"}, 400),
        ("PUT", "/world/pages", {"text": "x"}, 400),
    ],
)
async def test_wrong_controls_are_told_so(sandbox: Running, method: str, path: str, body: object, status: int) -> None:
    answer = await sandbox.http.request(method, path, json=body)
    assert answer.status_code == status
    assert answer.json()["detail"]


async def test_it_says_that_it_is_well_and_what_it_is(sandbox: Running) -> None:
    assert (await sandbox.http.get("/healthz")).json()["status"] == "ok"
    home = await sandbox.http.get("/")
    assert 'href="/inbox"' in home.text
    assert "http://" not in home.text
