"""The API as a whole: keys, idempotency, errors, expansion, and the way from a path to its endpoint."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass

import orjson

from deploy.sandbox.dials import StripeDials
from deploy.sandbox.stripe import (
    catalogue,
    charges,
    checkout,
    coupons,
    credit_notes,
    customers,
    disputes,
    events,
    invoice_items,
    invoices,
    payment_methods,
    portal,
    schedules,
    subscriptions,
    test_clocks,
    updating,
)
from deploy.sandbox.stripe.account import API_VERSION, Account, Kept, Obj
from deploy.sandbox.stripe.call import Call, Route
from deploy.sandbox.stripe.errors import StripeError
from deploy.sandbox.stripe.expand import expanded
from deploy.sandbox.stripe.form import Params, parse
from deploy.sandbox.web import Answer, Header, Request, bearer, json_answer

_MOST_KEYS = 10_000
_LONGEST_KEY = 255
_REMEMBERED = (200, 402)
"""Stripe keeps what an endpoint came to, not what it never began on."""
ROUTES: tuple[Route, ...] = (
    *catalogue.ROUTES,
    *coupons.ROUTES,
    *customers.ROUTES,
    *payment_methods.ROUTES,
    *checkout.ROUTES,
    *subscriptions.ROUTES,
    *updating.ROUTES,
    *schedules.ROUTES,
    # Before the invoices, whose ids stand where `create_preview` does.
    *invoice_items.ROUTES,
    *invoices.ROUTES,
    *charges.ROUTES,
    *credit_notes.ROUTES,
    *disputes.ROUTES,
    *portal.ROUTES,
    *events.ROUTES,
    *test_clocks.ROUTES,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request after its head has been read."""

    method: str
    path: str
    values: Obj
    key: str

    def digest(self) -> str:
        """What must be the same for two requests with one idempotency key."""
        told = orjson.dumps([self.method, self.path, self.values], option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(told).hexdigest()


def key_of(request: Request) -> bytes:
    """The API key: a bearer token, or the user of basic authentication."""
    scheme, _, told = request.header(b"authorization").partition(b" ")
    if scheme.lower() != b"basic":
        return bearer(request)
    try:
        return base64.b64decode(told).partition(b":")[0]
    except ValueError:
        return b""


def answer(request: Request, account: Account, *, path: str, pages: str, dials: StripeDials) -> Answer:
    """Answer one request. `path` is without the mount point, `pages` the address of our own pages."""
    request_id = f"req_{secrets.token_hex(7)}"
    key = request.header(b"idempotency-key").decode("latin-1")
    account.request = {"id": request_id, "idempotency_key": key or None}
    account.pages = pages
    headers: tuple[Header, ...] = ((b"request-id", request_id.encode()), (b"stripe-version", API_VERSION.encode()))
    try:
        _check_key(key_of(request).decode("latin-1"), dials)
        asked = Asked(request.method, path, _values(request), key if request.method == "POST" else "")
        kept = _kept(account, asked)
        if kept is not None:
            headers += ((b"idempotent-replayed", b"true"),)
            found = Answer(status=kept.status, body=kept.body, note=f"{path} replayed")
        else:
            found = _first(asked, account, request_id=request_id, pages=pages, dials=dials)
        if asked.key:
            headers += ((b"idempotency-key", asked.key.encode("latin-1")),)
    except StripeError as error:
        found = json_answer(error.body(request_id), status=error.status, note=f"{path}: {error.message}")
    finally:
        account.request = {"id": None, "idempotency_key": None}
    return Answer(status=found.status, body=found.body, headers=(*found.headers, *headers), note=found.note)


def _first(asked: Asked, account: Account, *, request_id: str, pages: str, dials: StripeDials) -> Answer:
    """Do what is asked, and keep under its idempotency key what came of it."""
    try:
        found = json_answer(_call(asked, account, pages=pages, dials=dials), note=asked.path)
    except StripeError as error:
        found = json_answer(error.body(request_id), status=error.status, note=f"{asked.path}: {error.message}")
    if asked.key and found.status in _REMEMBERED:
        account.answers[asked.key] = Kept(asked.digest(), found.status, found.body)
        if len(account.answers) > _MOST_KEYS:
            account.answers.popitem(last=False)
    return found


def _values(request: Request) -> Obj:
    encoded = request.query_string if request.method in ("GET", "DELETE") else request.body
    return parse(encoded.decode("utf-8", "replace"))


def _check_key(key: str, dials: StripeDials) -> None:
    if not key.startswith(("sk_", "rk_")):
        raise StripeError(f"Invalid API Key provided: {key[:8]}***", status=401)
    if key.startswith(("sk_live_", "rk_live_")) and not dials.live_keys:
        message = (
            f"Invalid API Key provided: {key[:8]}***. The sandbox is test mode: it takes keys that begin with sk_test_."
        )
        raise StripeError(message, status=401)


def _kept(account: Account, asked: Asked) -> Kept | None:
    if len(asked.key) > _LONGEST_KEY:
        raise StripeError(f"Idempotency-Key is longer than {_LONGEST_KEY} characters.", kind="idempotency_error")
    kept = account.answers.get(asked.key) if asked.key else None
    if kept is not None and kept.asked != asked.digest():
        message = (
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using"
            f" a key other than '{asked.key}' if you meant to execute a different request."
        )
        raise StripeError(message, kind="idempotency_error")
    return kept


def _call(asked: Asked, account: Account, *, pages: str, dials: StripeDials) -> Obj:
    for one in ROUTES:
        matched = one.pattern.fullmatch(asked.path) if one.method == asked.method else None
        if matched is not None:
            params = Params(asked.values)
            one.check(params)
            found = one.answer(Call(account, params, matched.groups(), pages, dials))
            return expanded(account, found, params.texts("expand"))
    message = f"Unrecognized request URL ({asked.method}: {asked.path}). The sandbox does not stand in for this one."
    raise StripeError(message, status=404)
