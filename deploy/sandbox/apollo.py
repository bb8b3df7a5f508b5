"""Apollo's people search, bulk enrichment and health check (api.apollo.io/api/v1), as its reference describes them."""

from __future__ import annotations

from typing import Any

from deploy.sandbox.apollo_filters import BadFilterError, matching
from deploy.sandbox.dials import ProviderDials
from deploy.sandbox.gate import Verdict
from deploy.sandbox.state import Sandbox
from deploy.sandbox.web import Answer, BadBodyError, Header, Request, json_answer
from deploy.sandbox.world.chance import number
from deploy.sandbox.world.people import Worker, directory

MOST_PAGES = 500
MOST_PER_PAGE = 100
_PER_PAGE = 10
_MOST_AT_ONCE = 10
_UPGRADE = "Please upgrade your plan from https://app.apollo.io/"
_OPEN_ENDED = 10_000
"""What the plan allows while no dial limits it."""


def key_of(request: Request) -> bytes:
    """The API key of a request."""
    return request.header(b"x-api-key")


def search(request: Request, box: Sandbox, _: Verdict) -> Answer:
    """POST /mixed_people/search: names in full, and a pagination object. Never an address."""
    asked = _asked(request, box, "mixed_people/search")
    if isinstance(asked, Answer):
        return asked
    found, page, per_page = asked
    pages = min(-(-len(found) // per_page), MOST_PAGES)
    pagination = {"page": page, "per_page": per_page, "total_entries": len(found), "total_pages": pages}
    people = [_listed(worker) for worker in found[(page - 1) * per_page : page * per_page]]
    body = {
        "breadcrumbs": [],
        "partial_results_only": False,
        "pagination": pagination,
        "contacts": [],
        "people": people,
    }
    return json_answer(body, headers=_limits(request, box, "apollo"), note=f"page {page}")


def api_search(request: Request, box: Sandbox, _: Verdict) -> Answer:
    """POST /mixed_people/api_search: the search for programs. Last names are masked, the total stands alone."""
    asked = _asked(request, box, "mixed_people/api_search")
    if isinstance(asked, Answer):
        return asked
    found, page, per_page = asked
    people = [_masked(worker) for worker in found[(page - 1) * per_page : page * per_page]]
    body = {"total_entries": len(found), "people": people}
    return json_answer(body, headers=_limits(request, box, "apollo"), note=f"page {page}")


def bulk_match(request: Request, box: Sandbox, _: Verdict) -> Answer:
    """POST /people/bulk_match: up to ten people with their addresses; a credit for each who has one."""
    if box.dials.apollo.no_api_access:
        return _no_access("people/bulk_match")
    try:
        details = request.json().get("details")
    except BadBodyError:
        return _problem("The request body is not valid JSON.", status=400, code="INVALID_JSON")
    if not isinstance(details, list) or not 1 <= len(details) <= _MOST_AT_ONCE:
        return _problem(f"details must hold 1 to {_MOST_AT_ONCE} people.", status=422, code="INVALID_PARAMETERS")
    known = directory(box.world).by_id
    found = [known.get(str(one.get("id"))) if isinstance(one, dict) else None for one in details]
    cost = sum(worker is not None and worker.email is not None for worker in found)
    dials = box.dials.apollo_reveal
    if dials.credits is not None:
        if dials.credits < cost:
            message = f"You have insufficient credits to perform this action. {_UPGRADE}#/settings/plans/upgrade."
            return _problem(message, status=403, code="INSUFFICIENT_CREDITS")
        dials.credits -= cost
    matched = [worker for worker in found if worker is not None]
    body = {
        "status": "success",
        "error_code": None,
        "error_message": None,
        "total_requested_enrichments": len(details),
        "unique_enriched_records": len({worker.id for worker in matched}),
        "missing_records": len(details) - len(matched),
        "credits_consumed": cost,
        "matches": [None if worker is None else _revealed(worker) for worker in found],
    }
    return json_answer(body, headers=_limits(request, box, "apollo_reveal"), note=f"{len(matched)} people")


def health(request: Request, box: Sandbox, _: Verdict) -> Answer:
    """GET /auth/health: whether the key is one."""
    return json_answer({"healthy": True, "is_logged_in": True}, headers=_limits(request, box, "apollo"))


class ApolloVoice:
    """Apollo says `error` with an `error_code`; a wrong key is answered in plain text, a limit with its headers."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    def unauthorized(self) -> Answer:
        """401 in plain text."""
        plain: tuple[Header, ...] = ((b"content-type", b"text/plain; charset=utf-8"),)
        return Answer(status=401, body=b"Invalid access credentials.", headers=plain)

    def limited(self, verdict: Verdict, *, limit: int, body: bytes) -> Answer:
        """429 of the minute, with the seconds to wait."""
        del body
        return self._over(limit, "minute", wait_s=verdict.wait_s)

    def exhausted(self, verdict: Verdict, *, body: bytes) -> Answer:
        """429 of the day."""
        del body
        return self._over(0, "day", wait_s=verdict.wait_s)

    def failure(self, status: int) -> Answer:
        """Any other status."""
        if status == 429:
            return self._over(1, "minute", wait_s=0.5)
        if status == 422:
            return _problem("Parameters misconfigured.", status=422, code="INVALID_PARAMETERS")
        return _problem(
            "An unexpected error of application. Please contact Apollo support.", status=status, code="ERROR"
        )

    def _over(self, limit: int, window: str, *, wait_s: float) -> Answer:
        message = (
            f"The maximum number of api calls allowed for api/v1/{self._endpoint} is {limit} times per {window}."
            f" {_UPGRADE}#/settings/plans/upgrade."
        )
        name = b"daily" if window == "day" else b"minute"
        headers = (
            (b"retry-after", b"%d" % max(1, round(wait_s + 0.5))),
            (b"x-rate-limit-" + name, b"%d" % limit),
            (b"x-" + name + b"-requests-left", b"0"),
        )
        return json_answer({"message": message}, status=429, headers=headers)


def _asked(request: Request, box: Sandbox, endpoint: str) -> tuple[list[Worker], int, int] | Answer:
    """Who was asked for, the page and its size; or the refusal."""
    if box.dials.apollo.no_api_access:
        return _no_access(endpoint)
    try:
        body = request.json()
    except BadBodyError:
        return _problem("The request body is not valid JSON.", status=400, code="INVALID_JSON")
    page, per_page = body.get("page", 1), body.get("per_page", _PER_PAGE)
    if not isinstance(page, int) or not 1 <= page <= MOST_PAGES:
        return _problem(f"page must be between 1 and {MOST_PAGES}.", status=422, code="INVALID_PARAMETERS")
    if not isinstance(per_page, int) or per_page < 1:
        return _problem("per_page must be a positive number.", status=422, code="INVALID_PARAMETERS")
    try:
        return matching(directory(box.world).workers, body), page, min(per_page, MOST_PER_PAGE)
    except BadFilterError as error:
        return _problem(str(error), status=422, code="INVALID_PARAMETERS")


def _no_access(endpoint: str) -> Answer:
    message = f"api/v1/{endpoint} is not accessible with this api_key on a free plan. {_UPGRADE}."
    return _problem(message, status=403, code="API_INACCESSIBLE")


def _problem(message: str, *, status: int, code: str) -> Answer:
    return json_answer({"error": message, "error_code": code}, status=status)


def _limits(request: Request, box: Sandbox, provider: str) -> tuple[Header, ...]:
    """How much of the minute, the hour and the day is used, as every good answer says it."""
    dials: ProviderDials = getattr(box.dials, provider)
    minute = dials.rate_limit_per_minute or _OPEN_ENDED
    used = len(box.gates[provider].window(key_of(request)).arrivals) if dials.rate_limit_per_minute else 1
    left = _OPEN_ENDED if dials.day_limit is None else dials.day_limit
    told = (
        (b"x-rate-limit-minute", minute),
        (b"x-minute-usage", used),
        (b"x-minute-requests-left", max(0, minute - used)),
        (b"x-rate-limit-hourly", 100 * _OPEN_ENDED),
        (b"x-hourly-usage", used),
        (b"x-hourly-requests-left", 100 * _OPEN_ENDED - used),
        (b"x-rate-limit-daily", 1000 * _OPEN_ENDED if dials.day_limit is None else left + 1),
        (b"x-daily-usage", 1),
        (b"x-daily-requests-left", 1000 * _OPEN_ENDED if dials.day_limit is None else left),
    )
    return tuple((name, b"%d" % value) for name, value in told)


def _masked(worker: Worker) -> dict[str, Any]:
    hidden = f"{worker.last_name[:2]}***{worker.last_name[-1:]}"
    company = worker.company
    organization = {
        "name": company.name,
        "has_industry": bool(company.industry),
        "has_phone": False,
        "has_city": bool(company.city),
        "has_state": False,
        "has_country": bool(company.country),
        "has_employee_count": bool(company.staff),
    }
    return {
        "id": worker.id,
        "first_name": worker.first_name,
        "last_name_obfuscated": hidden,
        "title": worker.title,
        "last_refreshed_at": "2026-11-01T00:00:00.000+00:00",
        "has_email": worker.email is not None,
        "has_city": bool(company.city),
        "has_state": False,
        "has_country": bool(company.country),
        "has_direct_phone": None,
        "organization": organization,
    }


def _listed(worker: Worker) -> dict[str, Any]:
    """Somebody in full, but for the address."""
    hidden = None if worker.email is None else "email_not_unlocked@domain.com"
    return _revealed(worker) | {"email": hidden}


def _revealed(worker: Worker) -> dict[str, Any]:
    company = worker.company
    organization = {
        "id": f"{number('organization', company.domain):016x}00000000",
        "name": company.name,
        "website_url": f"http://www.{company.domain}",
        "primary_domain": company.domain,
        "industry": company.industry,
        "keywords": [company.industry, *company.products],
        "estimated_num_employees": company.staff or None,
        "founded_year": company.founded or None,
        "city": company.city or None,
        "state": None,
        "country": company.country or None,
        "phone": None,
    }
    return {
        "id": worker.id,
        "first_name": worker.first_name,
        "last_name": worker.last_name,
        "name": f"{worker.first_name} {worker.last_name}",
        "linkedin_url": worker.profile,
        "title": worker.title,
        "headline": f"{worker.title} at {company.name}",
        "email_status": worker.status,
        "email": worker.email,
        "city": company.city or None,
        "state": None,
        "country": company.country or None,
        "seniority": worker.seniority,
        "departments": [worker.department],
        "phone_numbers": [],
        "organization_id": organization["id"],
        "organization": organization,
    }
