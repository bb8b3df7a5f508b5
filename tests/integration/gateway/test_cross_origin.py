"""Browsers of other origins: those that are listed may call the API, and no others."""

import httpx
import pytest

from tests.integration.gateway.conftest import Behind, replica


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("FRONTEND_BASE_URLS", "https://app.corofy.example, https://staging.corofy.example")
    return "https://staging.corofy.example"


async def ask_first(client: httpx.AsyncClient, origin: str) -> httpx.Response:
    """The preflight request of a browser that wants to post with a token."""
    wanted = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    return await client.options("/v1/jobs", headers={"Origin": origin, **wanted})


async def test_a_listed_origin_may_call_and_no_other_may(listed: str, behind: Behind) -> None:
    """Red when FRONTEND_BASE_URLS is not read, or every origin is let in."""
    async with replica(behind) as gateway:
        mine = await ask_first(gateway.client, listed)
        assert (mine.status_code, mine.headers["access-control-allow-origin"]) == (200, listed)
        assert "authorization" in mine.headers["access-control-allow-headers"].lower()
        refused = await ask_first(gateway.client, "https://elsewhere.example")
        assert refused.status_code == 400
        assert "access-control-allow-origin" not in refused.headers
        answer = await gateway.client.get("/healthz", headers={"Origin": listed})
        assert answer.headers["access-control-allow-origin"] == listed
