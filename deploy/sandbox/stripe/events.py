"""Events as they are read, and the endpoints they are sent to."""

from __future__ import annotations

import secrets

from deploy.sandbox.stripe.account import API_VERSION, Account, Delivery, Obj
from deploy.sandbox.stripe.call import Call, Route, route
from deploy.sandbox.stripe.errors import missing
from deploy.sandbox.stripe.pages import PAGING, page

_PAGING = " ".join(PAGING)
CONFIGURED = "we_sandbox_configured"
"""The endpoint that the environment names."""


def listen(account: Account, *, url: str, secret: str, events: list[str], key: str | None = None) -> Obj:
    """Have events sent to an address from now on, signed with a secret."""
    fields: Obj = {
        "api_version": API_VERSION,
        "application": None,
        "description": None,
        "enabled_events": events,
        "metadata": {},
        "status": "enabled",
        "url": url,
        "_secret": secret,
    }
    return account.new("webhook_endpoint", fields, key=key)


def send_again(account: Account, event: Obj) -> int:
    """Send an event to every endpoint that is enabled, whatever became of it before. How many that are."""
    endpoints = account.all("webhook_endpoint", status="enabled")
    account.outgoing.extend(Delivery(event["id"], one["id"]) for one in endpoints)
    return len(endpoints)


def _create(call: Call) -> Obj:
    events = call.params.texts("enabled_events")
    if not events:
        raise missing("enabled_events")
    secret = f"whsec_{secrets.token_hex(16)}"
    made = listen(call.account, url=call.params.needed("url"), secret=secret, events=events)
    call.account.update(made, metadata=call.params.metadata(), description=call.params.text("description"))
    return made | {"secret": secret}


def _update(call: Call) -> Obj:
    endpoint, params = call.account.get("webhook_endpoint", call.id), call.params
    fields: Obj = {name: params.needed(name) for name in ("url", "description") if name in params}
    if "enabled_events" in params:
        fields["enabled_events"] = params.texts("enabled_events")
    if "disabled" in params:
        fields["status"] = "disabled" if params.flag("disabled") else "enabled"
    call.account.update(endpoint, **fields)
    return endpoint


def _delete(call: Call) -> Obj:
    call.account.get("webhook_endpoint", call.id)
    del call.account.objects["webhook_endpoint"][call.id]
    return {"id": call.id, "object": "webhook_endpoint", "deleted": True}


def _list_events(call: Call) -> Obj:
    found, kinds = call.account.all("event"), call.params.texts("types")
    kind = call.params.text("type")
    if kind is not None:
        kinds = [kind]
    wanted = [one for one in found if not kinds or any(_matches(one["type"], pattern) for pattern in kinds)]
    return page(wanted, call.params, "/v1/events")


def _matches(kind: str, pattern: str) -> bool:
    return kind.startswith(pattern[:-1]) if pattern.endswith("*") else kind == pattern


ROUTES: tuple[Route, ...] = (
    route("GET", "/v1/events", _list_events, f"{_PAGING} type types delivery_success"),
    route("GET", "/v1/events/{}", lambda call: call.account.get("event", call.id)),
    route("POST", "/v1/webhook_endpoints", _create, "url enabled_events description metadata api_version connect"),
    route(
        "GET",
        "/v1/webhook_endpoints",
        lambda call: page(call.account.all("webhook_endpoint"), call.params, "/v1/webhook_endpoints"),
        _PAGING,
    ),
    route("GET", "/v1/webhook_endpoints/{}", lambda call: call.account.get("webhook_endpoint", call.id)),
    route("POST", "/v1/webhook_endpoints/{}", _update, "url enabled_events description disabled"),
    route("DELETE", "/v1/webhook_endpoints/{}", _delete),
)
