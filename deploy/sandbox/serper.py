"""Serper's search and news endpoints (google.serper.dev), as its playground shows them."""

from __future__ import annotations

from typing import Any

from deploy.sandbox.gate import Verdict
from deploy.sandbox.state import Sandbox
from deploy.sandbox.web import Answer, BadBodyError, Request, json_answer
from deploy.sandbox.world import search as world_search
from deploy.sandbox.world.model import Company


def key_of(request: Request) -> bytes:
    """The API key of a request."""
    return request.header(b"x-api-key")


def search(request: Request, box: Sandbox, _: Verdict) -> Answer:
    """POST /search: web results."""
    asked = _asked(request, kind="search")
    if isinstance(asked, Answer):
        return asked
    found = box.world.find(asked["q"])
    body: dict[str, Any] = {"searchParameters": asked}
    if found.company is not None and found.company.site == "up":
        body["knowledgeGraph"] = _knowledge(found.company)
    hits = world_search.web(box.world, found)[: asked["num"]]
    body["organic"] = [_organic(hit, position) for position, hit in enumerate(hits, start=1)]
    if found.company is not None:
        name = found.company.name
        body["relatedSearches"] = [{"query": f"{name} news"}, {"query": f"{name} careers"}]
    body["credits"] = _credits(asked)
    return json_answer(body, note=asked["q"])


def news(request: Request, box: Sandbox, _: Verdict) -> Answer:
    """POST /news: news results."""
    asked = _asked(request, kind="news")
    if isinstance(asked, Answer):
        return asked
    hits = world_search.news(box.world.find(asked["q"]))[: asked["num"]]
    items = [
        {
            "title": hit.title,
            "link": hit.link,
            "snippet": hit.snippet,
            "date": hit.date,
            "source": hit.source,
            "position": position,
        }
        for position, hit in enumerate(hits, start=1)
    ]
    return json_answer({"searchParameters": asked, "news": items, "credits": _credits(asked)}, note=asked["q"])


class SerperVoice:
    """Serper says everything as `message` and `statusCode`; credits that ran out are a 400, a wrong key a 403."""

    def unauthorized(self) -> Answer:
        """403 Unauthorized."""
        return _problem("Unauthorized.", 403)

    def limited(self, verdict: Verdict, *, limit: int, body: bytes) -> Answer:
        """429 with the seconds to wait."""
        del limit, body
        wait = b"%d" % max(1, round(verdict.wait_s + 0.5))
        return _problem("Too many requests", 429, headers=((b"retry-after", wait),))

    def exhausted(self, verdict: Verdict, *, body: bytes) -> Answer:
        """400 Not enough credits: Serper knows no day, only credits."""
        del verdict, body
        return _problem("Not enough credits", 400)

    def failure(self, status: int) -> Answer:
        """Any other status."""
        if status == 429:
            return _problem("Too many requests", 429, headers=((b"retry-after", b"1"),))
        return _problem("Internal server error" if status == 500 else "Service unavailable", status)


def _asked(request: Request, *, kind: str) -> dict[str, Any] | Answer:
    try:
        body = request.json()
    except BadBodyError:
        return _problem("Invalid JSON", 400)
    query = body.get("q")
    if not isinstance(query, str) or not query.strip():
        return _problem("Missing query parameter", 400)
    number = body.get("num", 10)
    number = number if isinstance(number, int) and 1 <= number <= 100 else 10
    return {
        "q": query,
        "gl": body.get("gl", "us"),
        "hl": body.get("hl", "en"),
        "type": kind,
        "num": number,
        "page": body.get("page", 1),
        "engine": "google",
    }


def _organic(hit: world_search.Hit, position: int) -> dict[str, Any]:
    if hit.date:
        return {"title": hit.title, "link": hit.link, "snippet": hit.snippet, "date": hit.date, "position": position}
    return {"title": hit.title, "link": hit.link, "snippet": hit.snippet, "position": position}


def _credits(asked: dict[str, Any]) -> int:
    return 1 if asked["num"] <= 10 else 2


def _knowledge(company: Company) -> dict[str, Any]:
    attributes = {"Headquarters": company.place, "Founded": company.founded, "Number of employees": company.staff}
    graph: dict[str, Any] = {"title": company.name, "type": company.industry.capitalize() or "Company"}
    graph["website"] = company.url()
    if company.sells:
        graph["description"] = f"{company.name} supplies {company.sells} to {company.to}."
        graph["descriptionSource"] = company.domain
        graph["descriptionLink"] = company.url("/about")
    graph["attributes"] = {name: str(value) for name, value in attributes.items() if value}
    return graph


def _problem(message: str, status: int, *, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Answer:
    return json_answer({"message": message, "statusCode": status}, status=status, headers=headers)
