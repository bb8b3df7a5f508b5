"""Test clocks: the time of some customers, which stands still until it is advanced."""

from __future__ import annotations

from deploy.sandbox.stripe.account import Obj
from deploy.sandbox.stripe.call import Call, Route, route
from deploy.sandbox.stripe.clock import Clock
from deploy.sandbox.stripe.errors import StripeError, missing
from deploy.sandbox.stripe.pages import PAGING, page
from deploy.sandbox.stripe.periods import DAY_S
from deploy.sandbox.stripe.work import advance

_PAGING = " ".join(PAGING)
_KIND = "test_helpers.test_clock"
_URL = "/v1/test_helpers/test_clocks"


def _create(call: Call) -> Obj:
    frozen = call.params.whole("frozen_time", least=0)
    if frozen is None:
        raise missing("frozen_time")
    fields: Obj = {
        "deletes_after": call.account.now() + 30 * DAY_S,
        "frozen_time": frozen,
        "name": call.params.text("name"),
        "status": "ready",
        "status_details": {},
    }
    made = call.account.new(_KIND, fields)
    call.account.clocks[made["id"]] = Clock(frozen_at=frozen)
    return made


def _advance(call: Call) -> Obj:
    """Everything that falls due is done before the answer: the clock is `ready` at once."""
    clock, until = call.account.get(_KIND, call.id), call.params.whole("frozen_time", least=0)
    if until is None:
        raise missing("frozen_time")
    if until <= clock["frozen_time"]:
        raise StripeError("You must provide a frozen time that is after the clock's current one.", param="frozen_time")
    call.account.emit("test_helpers.test_clock.advancing", clock)
    advance(call.account, clock["id"], until=until, dials=call.dials)
    call.account.update(clock, frozen_time=until)
    call.account.emit("test_helpers.test_clock.ready", clock)
    return clock


def _delete(call: Call) -> Obj:
    """A clock takes its customers with it."""
    call.account.get(_KIND, call.id)
    for customer in call.account.all("customer", test_clock=call.id):
        customer["deleted"] = True
    del call.account.objects[_KIND][call.id]
    call.account.agenda.heaps.pop(call.id, None)
    call.account.changes += 1
    return {"id": call.id, "object": _KIND, "deleted": True}


ROUTES: tuple[Route, ...] = (
    route("POST", _URL, _create, "frozen_time name"),
    route("GET", _URL, lambda call: page(call.account.all(_KIND), call.params, _URL), _PAGING),
    route("GET", f"{_URL}/{{}}", lambda call: call.account.get(_KIND, call.id)),
    route("POST", f"{_URL}/{{}}/advance", _advance, "frozen_time"),
    route("DELETE", f"{_URL}/{{}}", _delete),
)
