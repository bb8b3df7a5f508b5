"""Instantly's accounts, campaigns and leads (api.instantly.ai/api/v2), as its reference describes them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any

from deploy.sandbox.gate import Verdict
from deploy.sandbox.mail_apis.instantly_account import ACTIVE, DRAFT, PAUSED
from deploy.sandbox.mail_apis.instantly_zones import ZONES
from deploy.sandbox.serve import Endpoint
from deploy.sandbox.state import Sandbox
from deploy.sandbox.web import Answer, BadBodyError, Header, Request, bearer, json_answer

MOUNT = "/instantly/api/v2"
_CAMPAIGN = re.compile(r"/campaigns/(?P<id>[0-9a-f-]{36})(?:/(?P<verb>activate|pause))?")
_LEAD = re.compile(r"/leads/(?P<id>[0-9a-f-]{36})")
_PLAIN = ("email", "first_name", "last_name", "company_name", "job_title", "phone", "website", "personalization")
_Work = Callable[[Request, Sandbox, str], Answer]


class _Refusal(ValueError):
    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def endpoint_of(request: Request) -> Endpoint | None:
    """The endpoint of a path."""
    path = request.path.removeprefix(MOUNT)
    if campaign := _CAMPAIGN.fullmatch(path):
        name, key = f"campaigns/{{id}}/{campaign['verb']}" if campaign["verb"] else "campaigns/{id}", campaign["id"]
    elif lead := _LEAD.fullmatch(path):
        name, key = "leads/{id}", lead["id"]
    else:
        name, key = path.strip("/"), ""
    work = _WORKS.get((request.method, name))
    return Endpoint("instantly", name, _answering(work, key), InstantlyVoice(), bearer) if work else None


def _answering(work: _Work, key: str) -> Callable[[Request, Sandbox, Verdict], Answer]:
    def answer(request: Request, box: Sandbox, _: Verdict) -> Answer:
        try:
            found = work(request, box, key)
        except (_Refusal, BadBodyError) as error:
            return _error(str(error), status=error.status if isinstance(error, _Refusal) else 400)
        box.instantly.work(box.mailbox)
        return found

    return answer


def _accounts(_: Request, box: Sandbox, __: str) -> Answer:
    """GET /accounts: the mailboxes that campaigns may send from."""
    items = [{"email": email, "status": 1, "warmup_status": 1} for email in box.dials.instantly.accounts]
    return json_answer({"items": items, "next_starting_after": None})


def _create_campaign(request: Request, box: Sandbox, _: str) -> Answer:
    body = request.json()
    if not isinstance(body.get("name"), str) or not body["name"]:
        raise _Refusal("body must have required property 'name'")
    _check_schedule(body.get("campaign_schedule"))
    campaign: dict[str, Any] = {
        "id": str(uuid.uuid4()),
        "status": DRAFT,
        "timestamp_created": _now(),
        "sequences": [],
        "email_list": [],
        "daily_limit": None,
        **body,
    }
    box.instantly.campaigns[campaign["id"]] = campaign
    return json_answer(campaign, note=campaign["name"])


def _show_campaign(_: Request, box: Sandbox, key: str) -> Answer:
    return json_answer(_campaign(box, key))


def _change_campaign(request: Request, box: Sandbox, key: str) -> Answer:
    campaign, body = _campaign(box, key), request.json()
    if "campaign_schedule" in body:
        _check_schedule(body["campaign_schedule"])
    campaign.update({name: value for name, value in body.items() if name not in ("id", "status")})
    return json_answer(campaign)


def _activate(_: Request, box: Sandbox, key: str) -> Answer:
    campaign = _campaign(box, key)
    steps = [step for one in campaign["sequences"] for step in one.get("steps", [])]
    if not steps or not all(step.get("variants") for step in steps):
        raise _Refusal("Campaign must have at least one sequence step with a variant")
    unknown = [email for email in campaign["email_list"] if email not in box.dials.instantly.accounts]
    if not campaign["email_list"] or unknown:
        raise _Refusal(f"Campaign has no connected sending accounts: {', '.join(unknown) or 'email_list is empty'}")
    campaign["status"] = ACTIVE
    return json_answer(campaign)


def _pause(_: Request, box: Sandbox, key: str) -> Answer:
    campaign = _campaign(box, key)
    campaign["status"] = PAUSED
    return json_answer(campaign)


def _add_lead(request: Request, box: Sandbox, _: str) -> Answer:
    """POST /leads: with `skip_if_in_campaign` who is there already stays as they are."""
    body = request.json()
    campaign, email = _campaign(box, str(body.get("campaign") or "")), str(body.get("email") or "")
    if "@" not in email:
        raise _Refusal('body/email must match format "email"')
    present = [lead for lead in box.instantly.in_campaign(campaign["id"]) if lead["email"] == email.lower()]
    if present and body.get("skip_if_in_campaign"):
        return json_answer(present[0], note=f"{email}: there already")
    lead = {
        "id": str(uuid.uuid4()),
        "timestamp_created": _now(),
        "timestamp_last_contact": None,
        "campaign": campaign["id"],
        "status": 1,
        "payload": body.get("custom_variables") or {},
        **{name: body.get(name) for name in _PLAIN},
        "email": email.lower(),
    }
    box.instantly.add_lead(lead)
    return json_answer(lead, note=email)


def _list_leads(request: Request, box: Sandbox, _: str) -> Answer:
    """POST /leads/list: the leads of a campaign whose address holds `search`, page by page."""
    body = request.json()
    campaign, search = str(body.get("campaign") or ""), str(body.get("search") or "").lower()
    found = [
        lead
        for lead in box.instantly.leads.values()
        if (not campaign or lead["campaign"] == campaign) and search in lead["email"]
    ]
    after, limit = body.get("starting_after"), int(body.get("limit") or 10)
    start = next((n for n, lead in enumerate(found, 1) if lead["id"] == after), 0)
    page, more = found[start : start + limit], len(found) > start + limit
    return json_answer({"items": page, "next_starting_after": page[-1]["id"] if more else None})


def _delete_lead(_: Request, box: Sandbox, key: str) -> Answer:
    lead = box.instantly.leads.pop(key, None)
    if lead is None:
        raise _Refusal("Lead not found", 404)
    return json_answer(lead)


class InstantlyVoice:
    """Every refusal has a status code, its name and a message."""

    def unauthorized(self) -> Answer:
        """401."""
        return _error("Invalid API key", status=401)

    def limited(self, verdict: Verdict, *, limit: int, body: bytes) -> Answer:
        """429."""
        del limit, body
        headers: tuple[Header, ...] = ((b"retry-after", b"%d" % max(1, round(verdict.wait_s + 0.5))),)
        return _error("Rate limit exceeded", status=429, headers=headers)

    def exhausted(self, verdict: Verdict, *, body: bytes) -> Answer:
        """402: the plan has no room for more."""
        del verdict, body
        return _error("You have reached the lead limit of your plan", status=402)

    def failure(self, status: int) -> Answer:
        """Any other status."""
        return _error("Internal Server Error" if status >= 500 else "Bad Request", status=status)


_STATUS_NAMES = {
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    404: "Not Found",
    429: "Too Many Requests",
}


def _error(message: str, *, status: int, headers: tuple[Header, ...] = ()) -> Answer:
    body = {"statusCode": status, "error": _STATUS_NAMES.get(status, "Internal Server Error"), "message": message}
    return json_answer(body, status=status, headers=headers, note=message)


def _campaign(box: Sandbox, key: str) -> dict[str, Any]:
    campaign = box.instantly.campaigns.get(key)
    if campaign is None:
        raise _Refusal("Campaign not found", 404)
    return campaign


def _check_schedule(schedule: Any) -> None:
    schedules = schedule.get("schedules") if isinstance(schedule, dict) else None
    if not isinstance(schedules, list) or not schedules:
        raise _Refusal("body must have required property 'campaign_schedule'")
    for number, one in enumerate(schedules):
        where = f"body/campaign_schedule/schedules/{number}"
        if one.get("timezone") not in ZONES:
            raise _Refusal(f"{where}/timezone must be equal to one of the allowed values")
        if not isinstance(one.get("days"), dict) or not set(one["days"]) <= set("0123456"):
            raise _Refusal(f"{where}/days must be an object of 0 to 6")
        try:
            begins, ends = (time.fromisoformat(one["timing"][name]) for name in ("from", "to"))
        except (KeyError, TypeError, ValueError) as error:
            raise _Refusal(f"{where}/timing must have 'from' and 'to' as HH:MM") from error
        if begins >= ends:
            raise _Refusal(f"{where}/timing must end after it begins")


def _now() -> str:
    return datetime.now(UTC).isoformat()


_WORKS: dict[tuple[str, str], _Work] = {
    ("GET", "accounts"): _accounts,
    ("POST", "campaigns"): _create_campaign,
    ("GET", "campaigns/{id}"): _show_campaign,
    ("PATCH", "campaigns/{id}"): _change_campaign,
    ("POST", "campaigns/{id}/activate"): _activate,
    ("POST", "campaigns/{id}/pause"): _pause,
    ("POST", "leads"): _add_lead,
    ("POST", "leads/list"): _list_leads,
    ("DELETE", "leads/{id}"): _delete_lead,
}
