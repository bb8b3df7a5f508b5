"""Firecrawl's scrape endpoint, versions 1 and 2: the only way to a website of the world."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any
from urllib.parse import urlsplit

from deploy.sandbox.gate import Verdict
from deploy.sandbox.state import Sandbox
from deploy.sandbox.web import Answer, BadBodyError, Request, json_answer
from deploy.sandbox.world.chance import number
from deploy.sandbox.world.model import Page
from deploy.sandbox.world.world import SiteDownError, UnknownHostError

_UNSUPPORTED = ("facebook.com", "instagram.com", "linkedin.com", "reddit.com", "tiktok.com", "x.com")
"""Some of the sites that Firecrawl reads for nobody, with their subdomains."""


def scrape(request: Request, box: Sandbox, _: Verdict) -> Answer:
    """POST /v1/scrape and /v2/scrape: one page as markdown and what else is asked for."""
    try:
        body = request.json()
    except BadBodyError:
        return _problem("Bad request, malformed JSON", status=400, code="BAD_REQUEST_INVALID_JSON")
    url = body.get("url")
    if not isinstance(url, str) or not _is_url(url):
        return _invalid_url()
    address = url if "://" in url else f"https://{url}"
    if _is_unsupported(address):
        return _problem("We apologize for the inconvenience but we do not support this site.", status=403, note=url)
    try:
        page = box.world.page(address)
    except UnknownHostError as error:
        message = f'DNS resolution failed for hostname "{error}". Please verify the URL is correct.'
        return _problem(message, status=200, code="SCRAPE_DNS_RESOLUTION_ERROR", note=url)
    except SiteDownError:
        message = "All scraping engines failed! -- Double check the URL to make sure it's not broken."
        return _problem(message, status=500, code="SCRAPE_ALL_ENGINES_FAILED", note=url)
    return json_answer({"success": True, "data": _data(page, url=url, formats=_formats(body))}, note=url)


class FirecrawlVoice:
    """Firecrawl says `success: false` and an `error`; used-up credits are a 402."""

    def unauthorized(self) -> Answer:
        """401 for a missing or unknown token."""
        return _problem("Unauthorized: Invalid token", status=401)

    def limited(self, verdict: Verdict, *, limit: int, body: bytes) -> Answer:
        """429 whose sentence tells the wait, as does the header."""
        del body
        wait = max(1, round(verdict.wait_s + 0.5))
        until = datetime.now(UTC) + timedelta(seconds=wait)
        message = (
            f"Rate limit exceeded. Consumed (req/min): {limit + 1}, Remaining (req/min): 0. Upgrade your plan at "
            f"https://firecrawl.dev/pricing for increased rate limits or please retry after {wait}s, "
            f"resets at {until:%a %b %d %Y %H:%M:%S} GMT+0000 (Coordinated Universal Time)"
        )
        return _problem(message, status=429, headers=((b"retry-after", b"%d" % wait),))

    def exhausted(self, verdict: Verdict, *, body: bytes) -> Answer:
        """402: the credits are used up."""
        del verdict, body
        message = (
            "Insufficient credits to perform this request. For more credits, you can upgrade your plan at "
            "https://firecrawl.dev/pricing or try changing the request limit to a lower value."
        )
        return _problem(message, status=402)

    def failure(self, status: int) -> Answer:
        """Any other status."""
        if status == 429:
            return self.limited(Verdict("minute", status=429, wait_s=0.5), limit=1, body=b"")
        if status == 408:
            return _problem("The scrape operation timed out", status=408, code="SCRAPE_TIMEOUT")
        return _problem("(Internal server error) - An unexpected error occurred", status=status, code="UNKNOWN_ERROR")


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and "." in host and " " not in host


def _is_unsupported(address: str) -> bool:
    return f".{urlsplit(address).hostname or ''}".endswith(tuple(f".{host}" for host in _UNSUPPORTED))


def _formats(body: dict[str, Any]) -> set[str]:
    asked = body.get("formats") or ["markdown"]
    return {entry.get("type", "") if isinstance(entry, dict) else str(entry) for entry in asked}


def _data(page: Page, *, url: str, formats: set[str]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if "markdown" in formats:
        data["markdown"] = page.markdown
    if formats & {"html", "rawHtml"}:
        paragraphs = "".join(f"<p>{escape(part)}</p>" for part in page.text.split("\n\n"))
        title = escape(page.title)
        html = f"<html><head><title>{title}</title></head><body><h1>{title}</h1>{paragraphs}</body></html>"
        data |= {kind: html for kind in ("html", "rawHtml") if kind in formats}
    if "links" in formats:
        home = f"https://{urlsplit(page.url).hostname}"
        data["links"] = [f"{home}/", f"{home}/about", f"{home}/products", f"{home}/careers"]
    data["metadata"] = {
        "title": page.title,
        "description": page.text.split(". ", 1)[0][:200],
        "language": "en",
        "sourceURL": url,
        "url": page.url,
        "statusCode": page.status,
        "contentType": "text/html; charset=utf-8",
        "proxyUsed": "basic",
        "creditsUsed": 1,
        "scrapeId": f"{number(url):016x}",
    }
    return data


def _invalid_url() -> Answer:
    issue = {"code": "custom", "message": "Invalid URL", "path": ["url"]}
    body = {"success": False, "code": "BAD_REQUEST", "error": "Bad Request", "details": [issue]}
    return json_answer(body, status=400)


def _problem(
    message: str,
    *,
    status: int,
    code: str = "",
    headers: tuple[tuple[bytes, bytes], ...] = (),
    note: str = "",
) -> Answer:
    body: dict[str, Any] = {"success": False} | ({"code": code} if code else {}) | {"error": message}
    return json_answer(body, status=status, headers=headers, note=note)
