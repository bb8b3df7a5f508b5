"""The Stripe account: its objects in their wire form, its clocks, its events."""

from __future__ import annotations

import copy
import secrets
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Any

from deploy.sandbox.stripe.clock import LIVE, Agenda, Clock
from deploy.sandbox.stripe.errors import unknown

Obj = dict[str, Any]

API_VERSION = "2026-10-28.endive"
PREFIXES = {
    "product": "prod",
    "price": "price",
    "customer": "cus",
    "payment_method": "pm",
    "checkout.session": "cs_test",
    "subscription": "sub",
    "subscription_item": "si",
    "subscription_schedule": "sub_sched",
    "invoice": "in",
    "line_item": "il",
    "invoiceitem": "ii",
    "invoice_payment": "inpay",
    "payment_intent": "pi",
    "charge": "ch",
    "refund": "re",
    "dispute": "du",
    "coupon": "coupon",
    "credit_note": "cn",
    "discount": "di",
    "customer_balance_transaction": "cbtxn",
    "billing_portal.session": "bps",
    "billing_portal.configuration": "bpc",
    "event": "evt",
    "webhook_endpoint": "we",
    "test_helpers.test_clock": "clock",
}
_NOT_LIVE = {"refund", "subscription_item", "discount"}
_MOST_EVENTS = 5_000


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one endpoint."""

    event: str
    endpoint: str
    attempt: int = 0
    due_at: float = 0
    """Monotonic seconds."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The answer that an idempotency key stands for."""

    asked: str
    status: int
    body: bytes


@dataclass(slots=True)
class Account:
    """Everything behind the API. Names that begin with `_` are ours and never leave."""

    objects: dict[str, dict[str, Obj]] = field(default_factory=dict[str, dict[str, Obj]])
    clocks: dict[str, Clock] = field(default_factory=lambda: {LIVE: Clock()})
    agenda: Agenda = field(default_factory=Agenda)
    answers: OrderedDict[str, Kept] = field(default_factory=OrderedDict[str, Kept])
    outgoing: deque[Delivery] = field(default_factory=deque[Delivery])
    request: Obj = field(default_factory=lambda: {"id": None, "idempotency_key": None})
    """The call that is being answered, as its events name it."""
    pages: str = ""
    """The address of our pages, as the last call reached it."""
    changes: int = 0

    def now(self, customer: str | None = None) -> int:
        """The time of a customer (its test clock's), or of the account."""
        return self.clocks[self.clock_of(customer)].now()

    def clock_of(self, customer: str | None) -> str:
        """The name of the clock that a customer lives by."""
        owner = self.objects.get("customer", {}).get(customer or "")
        clock = str(owner.get("test_clock") or LIVE) if owner else LIVE
        return clock if clock in self.clocks else LIVE

    def new(self, kind: str, fields: Obj, *, key: str | None = None, at: int | None = None) -> Obj:
        """Store an object of a kind, under a fresh id unless one is given."""
        made: Obj = {"id": key or new_id(kind), "object": kind}
        if kind != "invoiceitem":
            made["created"] = self.now(fields.get("customer")) if at is None else at
        if kind not in _NOT_LIVE:
            made["livemode"] = False
        made |= fields
        self.keep(made)
        return made

    def keep(self, made: Obj) -> None:
        """Store an object, or note that it has changed."""
        self.objects.setdefault(made["object"], {})[made["id"]] = made
        self.changes += 1

    def get(self, kind: str, key: str, *, param: str = "id") -> Obj:
        """The object with this id. Raises StripeError resource_missing."""
        found = self.objects.get(kind, {}).get(key)
        if found is None:
            raise unknown(kind, key, param=param)
        return found

    def find(self, kind: str, key: str | None) -> Obj | None:
        """The object with this id, if there is one."""
        return self.objects.get(kind, {}).get(key or "")

    def all(self, kind: str, **equal: object) -> list[Obj]:
        """The objects of a kind whose fields have these values, oldest first."""
        found = self.objects.get(kind, {}).values()
        return [one for one in found if all(one.get(name) == value for name, value in equal.items())]

    def emit(self, kind: str, about: Obj, previous: Obj | None = None) -> Obj:
        """Store an event about an object as it is now, and send it to every endpoint that listens."""
        data: Obj = {"object": public(about)}
        if previous:
            data["previous_attributes"] = copy.deepcopy(previous)
        endpoints = [one for one in self.all("webhook_endpoint", status="enabled") if _listens(one, kind)]
        event = self.new(
            "event",
            {
                "api_version": API_VERSION,
                "created": self.now(about.get("customer")),
                "data": data,
                "pending_webhooks": len(endpoints),
                "request": dict(self.request),
                "type": kind,
            },
        )
        events = self.objects["event"]
        if len(events) > _MOST_EVENTS:
            del events[next(iter(events))]
        self.outgoing.extend(Delivery(event["id"], one["id"]) for one in endpoints)
        return event

    def update(self, about: Obj, kind: str | None = None, **fields: Any) -> None:
        """Change fields of an object and tell it by an event of this kind; unchanged fields tell nothing."""
        previous = {name: about.get(name) for name, value in fields.items() if about.get(name) != value}
        about.update(fields)
        self.keep(about)
        if previous and kind is not None:
            self.emit(kind, about, {name: value for name, value in previous.items() if not name.startswith("_")})


def new_id(kind: str) -> str:
    """A fresh id, such as no other run has given: ids outlive us in the books of those who asked."""
    return f"{PREFIXES[kind]}_{secrets.token_hex(12)}"


def public(value: Any) -> Any:
    """A copy without what is ours."""
    if isinstance(value, dict):
        return {name: public(one) for name, one in value.items() if not name.startswith("_")}
    if isinstance(value, list):
        return [public(one) for one in value]
    return value


def listed(objects: list[Obj], url: str, *, has_more: bool = False) -> Obj:
    """Stripe's list object."""
    return {"object": "list", "data": objects, "has_more": has_more, "url": url}


def _listens(endpoint: Obj, kind: str) -> bool:
    return "*" in endpoint["enabled_events"] or kind in endpoint["enabled_events"]
