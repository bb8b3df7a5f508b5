"""The web that a case meets, in Serper's and Firecrawl's wire format. Each case has a key of its own: it is told by that."""

import contextlib
from collections.abc import AsyncGenerator, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from services.enrich.evals.cases import Case, WebResult

_TITLE_CHARS = 60


class Web:
    """Serves every case its own results and pages. Whoever comes with an unknown key is refused."""

    def __init__(self, cases: Iterable[Case]) -> None:
        self._cases: Mapping[str, Case] = {case.name: case for case in cases}

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncGenerator[str]:
        """The address it listens on, on this machine alone."""
        app = web.Application()
        app.router.add_post("/serper/{index}", self._search)
        app.router.add_post("/firecrawl/v2/scrape", self._scrape)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    async def _search(self, request: web.Request) -> web.Response:
        case = self._cases.get(request.headers.get("X-API-KEY", ""))
        if case is None:
            return web.json_response({"message": "Unauthorized.", "statusCode": 403}, status=403)
        asked = await request.json()
        is_news = request.match_info["index"] == "news"
        kinds = {"news"} if is_news else {"web", "person" if _names_person(case, asked["q"]) else "company"}
        found = [_entry(one) for one in case.results if one.kind in kinds]
        return web.json_response({"searchParameters": asked, "news" if is_news else "organic": found, "credits": 1})

    async def _scrape(self, request: web.Request) -> web.Response:
        case = self._cases.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if case is None:
            return web.json_response({"success": False, "error": "Unauthorized: Invalid token"}, status=401)
        url = (await request.json())["url"]
        parts = urlsplit(url)
        text = case.pages.get(parts.path or "/", "") if (parts.hostname or "").removeprefix("www.") == case.site else ""
        if not text and not case.pages:
            error = f'DNS resolution failed for hostname "{parts.hostname}".'
            return web.json_response({"success": False, "code": "SCRAPE_DNS_RESOLUTION_ERROR", "error": error})
        links = [f"https://{case.site}{path}" for path in case.pages]
        about: dict[str, Any] = {"title": _title(text), "url": url, "statusCode": 200 if text else 404}
        return web.json_response({"success": True, "data": {"markdown": text, "links": links, "metadata": about}})


def _names_person(case: Case, query: str) -> bool:
    """The search for the person is the one that names them."""
    last = case.row.get("Last") or case.row.get("Name", "").split(",")[0].split(" ")[-1]
    return bool(last) and last.strip() in query


def _entry(one: WebResult) -> dict[str, str]:
    entry = {"title": one.title, "link": one.url, "snippet": one.text}
    return entry | ({"date": one.date} if one.date else {})


def _title(text: str) -> str:
    return text.strip().partition("\n")[0].lstrip("# ")[:_TITLE_CHARS]
