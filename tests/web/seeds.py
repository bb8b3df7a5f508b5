"""What a test needs to be there before the page it is about: lists, templates and campaigns, made through the API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

from playwright.async_api import Page

from tests.support.hours import ANY_HOUR
from tests.support.journey import Json, User
from tests.support.waiting import eventually

TEXT = '{{ first_name or "there" }}, a word.\n\n{{ sender_name }}\n--\n{{ postal_address }}\n{{ unsubscribe_url }}'


def once() -> dict[str, str]:
    """The header of a wish of its own."""
    return {"Idempotency-Key": str(uuid4())}


def named(page: Page, name: str = "id") -> str:
    """The id that the address names."""
    return str(UUID(parse_qs(urlsplit(page.url).query)[name][0]))


async def a_list(user: User, name: str, domain: str) -> Json:
    """Two people and a desk, made a list without research."""
    rows = f"Email,First name,Company\nada@{domain},Ada,Halden\ngrace@{domain},Grace,Halden\ninfo@{domain},,Halden\n"
    upload = await user.upload(f"{name}.csv", rows.encode())
    made = await user.ask("POST", f"/v1/uploads/{upload['id']}/list", json={"name": name}, headers=once())
    found: Json = {}

    async def ready() -> bool:
        answer = await user.send("GET", f"/v1/lists/{made['id']}")
        found.update(answer.json())
        return answer.is_success and found["state"] == "ready"

    await eventually(ready, within_s=30)
    return found


async def a_template(user: User, name: str) -> Json:
    """A plain template that needs no line."""
    words = {"name": name, "subject": "A thought about {{ company }}", "text_body": TEXT}
    return await user.ask("POST", "/v1/templates", json=words, headers=once())


def not_today() -> dict[str, Any]:
    """Hours of a day that is neither today, nor yesterday or tomorrow, wherever the reader is."""
    later = (datetime.now(UTC).isoweekday() + 2) % 7 + 1
    return {"days": [later], "from": "09:00", "to": "17:00", "skip_holidays": False}


async def a_campaign(user: User, list_id: str, *, window: dict[str, Any] | None = None, start: bool = True) -> Json:
    """To a list, with a template of its own; at once, unless other hours are named."""
    template = await a_template(user, "Plain")
    wish = {"list_id": list_id, "template_id": template["id"], "window": window or ANY_HOUR}
    made = await user.ask("POST", "/v1/campaigns", json=wish, headers=once())
    return await user.ask("POST", f"/v1/campaigns/{made['id']}/start") if start else made


async def a_mailbox(user: User) -> Json:
    """One of the workspace's own, so that what goes wrong with it lets nobody else wait."""
    wish = {"provider": "sandbox", "address": f"sales@{uuid4().hex[:10]}.example", "name": "Sales"}
    return await user.ask("POST", "/v1/mailboxes", json=wish, headers=once())
